import type { JsonEdit } from '../../json/edit-json.ts'
import { removeMembers } from '../../json/edit-json.ts'
import type { JsonValue } from '../../json/json-document.ts'
import { baseModelId } from '../../models/model-rules.ts'
import { findTraits } from '../../models/rows.ts'

/**
 * Member of a body that goes with a beta: a member of the root, or members with a name anywhere below a member of the root:
 * `tools.defer_loading`.
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
  'advanced-tool-use-2025-11-20': ['tools.defer_loading', 'tools.input_examples', 'tools.allowed_callers'],
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
  'tool-search-tool-2025-10-19': ['tools.defer_loading'],
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
  /** Adds to what is known of a model. Returns false if it was known already. */
  add(modelId: string, refused: Unsupported): boolean
}

/** Limit of remembered models, since callers can name many. */
const MAX_MODELS = 256

export function createBetaMemory(): BetaMemory {
  const known = new Map<string, Unsupported>()
  return {
    find: (modelId) => known.get(modelId) ?? NOTHING,
    add(modelId, refused) {
      const before = known.get(modelId) ?? NOTHING
      const betas = union(before.betas, refused.betas)
      const members = union(before.members, refused.members)
      if (betas.length === before.betas.length && members.length === before.members.length) return false
      if (known.size >= MAX_MODELS) known.clear()
      known.set(modelId, { betas, members })
      return true
    },
  }
}

function union(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])]
}

/** Lists the betas of the header `anthropic-beta`, separated by commas. */
export function readBetas(header: string | undefined): string[] {
  return (header ?? '').split(',').flatMap((beta) => beta.trim() || [])
}

export interface ChosenBetas {
  /** Betas for Bedrock. */
  readonly sent: readonly string[]
  /** Betas that are left out. */
  readonly left: readonly string[]
  /** Members that are left out with them. */
  readonly members: readonly BetaMember[]
}

/**
 * Chooses the betas that a model takes: those that the table of models lists, and those that no table knows yet, which Bedrock
 * may refuse. A member that also goes with a beta which stays is not left out.
 */
export function chooseBetas(asked: readonly string[], modelId: string, refused: Unsupported): ChosenBetas {
  const baseId = baseModelId(modelId)
  const taken = baseId === undefined ? undefined : findTraits(baseId).betas
  const isSent = (beta: string): boolean => {
    if (refused.betas.includes(beta)) return false
    return taken === undefined || taken.includes(beta) || !Object.hasOwn(BETA_MEMBERS, beta)
  }
  const sent = asked.filter(isSent)
  const left = asked.filter((beta) => !isSent(beta))
  const needed = new Set(sent.flatMap((beta) => BETA_MEMBERS[beta] ?? []))
  const members = [...left.flatMap((beta) => BETA_MEMBERS[beta] ?? []), ...refused.members]
  return { sent, left, members: [...new Set(members)].filter((member) => !needed.has(member)) }
}

/** Makes the edits that remove members below the root, and names of members of the root to remove. */
export function removeBetaMembers(
  root: JsonValue,
  members: readonly BetaMember[],
): { readonly edits: JsonEdit[]; readonly names: string[] } {
  const names: string[] = []
  const edits: JsonEdit[] = []
  for (const member of members) {
    const [top = '', name] = member.split('.')
    if (name === undefined) names.push(top)
    else edits.push(...root.getAll(top).flatMap((value) => removeBelow(value, name)))
  }
  return { edits, names }
}

/** Members whose content is the caller's, not the contract's. */
const OWN_CONTENT = new Set(['input', 'input_schema', 'schema', 'text', 'data'])

function removeBelow(value: JsonValue, name: string): JsonEdit[] {
  const inner = value.members.filter((member) => member.name !== name && !OWN_CONTENT.has(member.name))
  return [
    ...removeMembers(value, [name]),
    ...[...value.items, ...inner.map((member) => member.value)].flatMap((part) => removeBelow(part, name)),
  ]
}

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
  const name = names.at(-1)
  const member = names.length > 1 ? `${top}.${name}` : top
  const betas = sent.filter((beta) => BETA_MEMBERS[beta]?.includes(member))
  return { betas, members: [member] }
}
