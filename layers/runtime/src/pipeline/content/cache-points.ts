import { appendItem, type JsonEdit } from '../../json/edit-json.ts'
import type { JsonValue } from '../../json/json-document.ts'
import type { CacheRule } from '../../models/model-rules.ts'
import { type Block, type Conversation, refuse } from './conversation.ts'
import { listSome } from './list-some.ts'

/** Source: the prompt-caching page of the Bedrock user guide. */
const MAX_CACHE_POINTS = 4

/** Collects cache points in the order of Bedrock: tools, system, messages. */
function collectCachePoints({ tools, system, turns }: Conversation): Block[] {
  const blocks = [...tools, ...system, ...turns.flatMap((turn) => turn.blocks)]
  return blocks.filter(({ name }) => name === 'cachePoint')
}

/**
 * A refusal begins with the words of Claude; those of other models are not known.
 *
 * @throws BedrockError ValidationException for too many points, and for a longer time to live after a shorter one
 */
export function checkCachePoints(conversation: Conversation): void {
  const points = collectCachePoints(conversation)
  if (points.length > MAX_CACHE_POINTS) {
    refuse(
      `The model returned the following errors: A maximum of ${MAX_CACHE_POINTS} blocks with cache_control may be provided. Found ${points.length}. The request has ${points.length} cache points. Keep the last ones of ${listSome(points.map(({ path }) => path))}.`,
    )
  }
  const livesLong = ({ value }: Block): boolean => value?.get('ttl')?.text === '1h'
  const short = points.findIndex((point) => !livesLong(point))
  const misplaced = short === -1 ? undefined : points.slice(short).find(livesLong)
  if (misplaced) {
    refuse(
      `The model returned the following errors: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: \`tools\`, \`system\`, \`messages\`. ${misplaced.path} has ttl 1h after ${points[short]?.path} with 5m. Give the earlier one 1h, or this one 5m.`,
    )
  }
}

export interface PlacedPoints {
  readonly edits: readonly JsonEdit[]
  /** Paths in front of the points, such as `toolConfig.tools, messages.4.content`; or `none` with the reason. */
  readonly report: string
}

const POINT = '{"cachePoint":{"type":"default"}}'

/** Bytes of UTF-8 text per token, the estimate of docs/cost.md. */
const BYTES_PER_TOKEN = 4
/** Tokens of an image or document, at least. */
const TOKENS_PER_MEDIUM = 1_000

/**
 * Places cache points after the parts that a conversation repeats: its tools, its system prompt, and the last two user turns
 * before the newest. This request writes the later of these turns and reads the earlier one, which the previous request
 * wrote. A prefix below the minimum of the model gets no point. A request with its own points gets none.
 */
export function placeCachePoints(conversation: Conversation, rule: CacheRule | undefined): PlacedPoints {
  if (!rule) return { edits: [], report: 'none: the model is not known to cache prompts' }
  if (collectCachePoints(conversation).length > 0) return { edits: [], report: 'none: the request has its own' }
  const prefixes = collectPrefixes(conversation, rule).filter(({ tokens }) => tokens >= rule.minimumTokens)
  if (prefixes.length === 0) return { edits: [], report: `none: no prefix of about ${rule.minimumTokens} tokens` }
  const chosen = prefixes.slice(-MAX_CACHE_POINTS)
  return {
    edits: chosen.map(({ list }) => appendItem(list, POINT)),
    report: chosen.map(({ path }) => path).join(', '),
  }
}

interface Prefix {
  readonly path: string
  /** List that the point is appended to. */
  readonly list: JsonValue
  /** Tokens from the beginning to the end of the list. */
  readonly tokens: number
}

function collectPrefixes(conversation: Conversation, rule: CacheRule): Prefix[] {
  const { root, tools, system, turns, toolConfig } = conversation
  const earlier = turns
    .filter(({ role }) => role === 'user')
    .slice(0, -1)
    .filter(({ blocks }) => rule.tools || blocks.every(({ name }) => name !== 'toolResult'))
    .slice(-2)
  const prefixes: Prefix[] = []
  let tokens = 0
  const pass = (path: string, list: JsonValue | undefined, blocks: readonly Block[], mayEndHere: boolean): void => {
    for (const block of blocks) tokens += estimateTokens(block)
    if (mayEndHere && list && blocks.length > 0) prefixes.push({ path, list, tokens })
  }
  pass('toolConfig.tools', toolConfig?.get('tools'), tools, rule.tools)
  pass('system', root.get('system'), system, true)
  for (const turn of turns) pass(`${turn.path}.content`, turn.content, turn.blocks, earlier.includes(turn))
  return prefixes
}

function estimateTokens({ value, item }: Block): number {
  return value?.get('source')?.get('bytes') ? TOKENS_PER_MEDIUM : (item.end - item.start) / BYTES_PER_TOKEN
}
