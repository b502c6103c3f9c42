import type { JsonEdit } from '../../json/edit-json.ts'
import { removeItems, removeMembers } from '../../json/edit-json.ts'
import type { JsonValue } from '../../json/json-document.ts'
import { baseModelId } from '../../models/model-rules.ts'
import { findTraits } from '../../models/rows.ts'

/**
 * Part of a body that goes with a beta: a member of the root, members with a name anywhere below a member of the root
 * (`tools.defer_loading`), or items of a member of the root whose type begins so (`tools:tool_search_tool_`).
 */
export type BetaMember = string

/** Beta that models have without its flag where they have the feature. Its members stay. */
const WITHOUT_FLAG: readonly BetaMember[] = []

/**
 * Betas with the members of the body that go with them. A beta that a model does not take is left out together with them,
 * since Bedrock refuses members that it does not know. Betas without members change only the behaviour of the model, or they
 * are for Anthropic's own API.
 *
 * Sources: Anthropic's documentation of betas; Claude Code's headers, as observed in ex-machina-co/opencode-anthropic-auth#174.
 */
export const BETA_MEMBERS: Readonly<Record<string, readonly BetaMember[]>> = {
  'advanced-tool-use-2025-11-20': [
    'tools.defer_loading',
    'tools.input_examples',
    'tools.allowed_callers',
    'tools:tool_search_tool_',
  ],
  'advisor-tool-2026-03-01': [],
  'claude-code-20250219': [],
  'compact-2026-01-12': ['context_management'],
  'context-1m-2025-08-07': [],
  'context-management-2025-06-27': ['context_management'],
  'effort-2025-11-24': ['output_config.effort'],
  'extended-cache-ttl-2025-04-11': WITHOUT_FLAG,
  'files-api-2025-04-14': [],
  'fine-grained-tool-streaming-2025-05-14': [],
  'interleaved-thinking-2025-05-14': [],
  'mcp-client-2025-04-04': ['mcp_servers'],
  'mcp-client-2025-11-20': ['mcp_servers'],
  'mid-conversation-system-2026-04-07': [],
  'oauth-2025-04-20': [],
  'prompt-caching-2024-07-31': WITHOUT_FLAG,
  'prompt-caching-scope-2026-01-05': ['system.scope', 'messages.scope', 'tools.scope'],
  'structured-outputs-2025-11-13': WITHOUT_FLAG,
  'thinking-token-count-2026-05-13': [],
  'token-efficient-tools-2025-02-19': [],
  'tool-examples-2025-10-29': ['tools.input_examples'],
  'tool-search-tool-2025-10-19': ['tools.defer_loading', 'tools:tool_search_tool_'],
}

/**
 * Bedrock's betas for parts of one of Anthropic's API.
 * Source: Anthropic's documentation of advanced tool use, which names the betas by cloud.
 */
const BEDROCK_BETAS: Readonly<Record<string, readonly string[]>> = {
  'advanced-tool-use-2025-11-20': ['tool-search-tool-2025-10-19', 'tool-examples-2025-10-29'],
}

/** Parts of a request that a model does not take: betas, and members of the body. */
export interface Unsupported {
  readonly betas: readonly string[]
  readonly members: readonly BetaMember[]
}

const NOTHING: Unsupported = { betas: [], members: [] }

/** What Bedrock has refused, by model. */
export interface BetaMemory {
  find(modelId: string): Unsupported
  /** Adds to what is known of a model. */
  add(modelId: string, refused: Unsupported): void
}

/** Limits of what is remembered, since callers can name many models and members. */
const MAX_MODELS = 256
const MAX_REFUSED = 64

export function createBetaMemory(): BetaMemory {
  const known = new Map<string, Unsupported>()
  return {
    find: (modelId) => known.get(modelId) ?? NOTHING,
    add(modelId, refused) {
      const merged = mergeRefused(known.get(modelId) ?? NOTHING, refused)
      const isFull = merged.betas.length + merged.members.length > MAX_REFUSED
      if (known.size >= MAX_MODELS) known.clear()
      known.set(modelId, isFull ? refused : merged)
    },
  }
}

/** What Bedrock has refused since this process began. */
export const BETA_MEMORY = createBetaMemory()

export function mergeRefused(one: Unsupported, other: Unsupported): Unsupported {
  return { betas: union(one.betas, other.betas), members: union(one.members, other.members) }
}

/** Tests whether a request without `left` still has a part of `refused`. */
export function hasMore(refused: Unsupported, left: Unsupported): boolean {
  return (
    refused.betas.some((beta) => !left.betas.includes(beta)) ||
    refused.members.some((member) => !left.members.includes(member))
  )
}

function union(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])]
}

/**
 * Lists the betas of a request: in the header `anthropic-beta`, separated by commas, and in the member `anthropic_beta` of a
 * body that was written for Bedrock.
 */
export function readBetas(header: string | undefined, root: JsonValue): string[] {
  const named = (header ?? '').split(',').flatMap((beta) => beta.trim() || [])
  return union(
    named,
    (root.get('anthropic_beta')?.items ?? []).flatMap((beta) => beta.text || []),
  )
}

export interface ChosenBetas {
  /** Betas for Bedrock. */
  readonly sent: readonly string[]
  /** Betas that are left out. */
  readonly left: readonly string[]
  /** Members that are left out with them. */
  readonly members: readonly BetaMember[]
}

/** Lists the betas that a model takes by InvokeModel and Converse; undefined: not known. */
export function findTakenBetas(modelId: string): readonly string[] | undefined {
  const baseId = baseModelId(modelId)
  return baseId === undefined ? undefined : findTraits(baseId).betas
}

/**
 * Chooses the betas for a model: those that it takes, and those that no table knows yet, which Bedrock may refuse. A member
 * that also goes with a beta which stays is not left out.
 *
 * @param taken betas that the model takes; undefined: not known
 */
export function chooseBetas(
  asked: readonly string[],
  taken: readonly string[] | undefined,
  refused: Unsupported,
): ChosenBetas {
  const isSent = (beta: string): boolean => {
    if (refused.betas.includes(beta)) return false
    return taken === undefined || taken.includes(beta) || !Object.hasOwn(BETA_MEMBERS, beta)
  }
  const left = asked.filter((beta) => !isSent(beta))
  const others = left.flatMap((beta) => BEDROCK_BETAS[beta] ?? []).filter((beta) => taken?.includes(beta))
  const sent = union(asked, others).filter(isSent)
  const needed = new Set(sent.flatMap((beta) => BETA_MEMBERS[beta] ?? []))
  const members = left.flatMap((beta) => BETA_MEMBERS[beta] ?? []).filter((member) => !needed.has(member))
  return { sent, left, members: union(members, refused.members) }
}

/** Makes the edits that remove parts of a body. Do not combine them with an insertion or another removal. */
export function removeParts(root: JsonValue, members: readonly BetaMember[]): JsonEdit[] {
  const { edits, names } = removeBetaMembers(root, members)
  const removed = root.members.filter(({ name }) => names.includes(name))
  const isInside = ({ start, end }: JsonEdit) => removed.some((part) => start >= part.start && end <= part.value.end)
  return [...removeMembers(root, names), ...edits.filter((edit) => !isInside(edit))]
}

/** Makes the edits that remove parts below the root, and names of members of the root to remove. */
function removeBetaMembers(
  root: JsonValue,
  members: readonly BetaMember[],
): { readonly edits: JsonEdit[]; readonly names: string[] } {
  const names: string[] = []
  /** Parts to remove by the member of the root that they are below: one pass each, so that edits do not overlap. */
  const removed = new Map<string, { readonly names: string[]; readonly types: string[] }>()
  for (const member of members) {
    const [, top = '', mark, part = ''] = /^([^.:]*)([.:]?)(.*)$/.exec(member) ?? []
    if (!mark) {
      names.push(top)
      continue
    }
    const parts = removed.get(top) ?? { names: [], types: [] }
    parts[mark === '.' ? 'names' : 'types'].push(part)
    removed.set(top, parts)
  }
  const edits = [...removed].flatMap(([top, parts]) =>
    root.getAll(top).flatMap((value) => {
      const isRemoved = (item: JsonValue) => parts.types.some((type) => item.get('type')?.text?.startsWith(type))
      const kept = value.items.filter((item) => !isRemoved(item))
      return [
        ...removeItems(value, isRemoved),
        ...(value.kind === 'array' ? kept : [value]).flatMap((part) => removeBelow(part, parts.names)),
      ]
    }),
  )
  return { edits, names }
}

/** Members whose content is the caller's, not the contract's. */
const OWN_CONTENT = new Set(['input', 'input_schema', 'schema', 'text', 'data'])

function removeBelow(value: JsonValue, names: readonly string[]): JsonEdit[] {
  const inner = value.members.filter(({ name }) => !names.includes(name) && !OWN_CONTENT.has(name))
  return [
    ...removeMembers(value, names),
    ...[...value.items, ...inner.map((member) => member.value)].flatMap((part) => removeBelow(part, names)),
  ]
}

/** Members without which a request means something else. A refusal of one is the caller's mistake. */
const ESSENTIAL = new Set(
  [
    'model messages system tools max_tokens role content type text source data media_type name description',
    'input input_schema id tool_use_id signature thinking stream',
  ].flatMap((names) => names.split(' ')),
)

/** Segments of a path in Bedrock's messages that name a position or a kind, not a member. */
const NOT_MEMBERS = /^(?:\d+|custom|ephemeral|text|image|document|tool_use|tool_result|enabled|adaptive)$/

/**
 * Reads what Bedrock refused from the message of its error: "invalid beta flag", or "tools.0.custom.defer_loading: Extra inputs
 * are not permitted". The first does not always say which beta, so it means all that no table knows, or else all.
 *
 * @returns undefined for an error about something else
 */
export function learnFromRefusal(message: string, sent: readonly string[]): Unsupported | undefined {
  if (/invalid beta flag|unexpected value\(s\) .*anthropic-beta/i.test(message)) {
    const named = sent.filter((beta) => message.includes(beta))
    const unknown = sent.filter((beta) => !Object.hasOwn(BETA_MEMBERS, beta))
    const betas = [named, unknown, sent].find((list) => list.length > 0)
    return betas && { betas, members: [] }
  }
  const [, path] = /(?:^|[\s"'`])([a-z_]+(?:\.[a-z0-9_]+)*): Extra inputs are not permitted/i.exec(message) ?? []
  if (path === undefined) return undefined
  const names = path.split('.').filter((segment) => !NOT_MEMBERS.test(segment))
  const [top = ''] = names
  const name = names.at(-1) ?? ''
  if (ESSENTIAL.has(name)) return undefined
  const member = names.length > 1 ? `${top}.${name}` : top
  const betas = sent.filter((beta) => BETA_MEMBERS[beta]?.includes(member))
  return { betas, members: [member] }
}
