import { type Edit, type JsonNode, memberOf } from '../../json/json-tree.ts'
import type { CacheRule } from '../../models/model-rules.ts'
import { collectCachePoints, MOST_CACHE_POINTS } from './check-cache-points.ts'
import type { Block, Conversation } from './conversation.ts'

export interface PlacedPoints {
  readonly edits: readonly Edit[]
  /** Behind what they stand, such as `toolConfig.tools, messages.4.content`; or `none` with the reason. */
  readonly report: string
}

const POINT = '{"cachePoint":{"type":"default"}}'

/** Of text in UTF-8; the estimate that docs/cost.md uses, too. */
const BYTES_PER_TOKEN = 4
/** An image or document has more, whatever its bytes. */
const TOKENS_PER_MEDIUM = 1_000

/**
 * Cache points behind what a conversation sends again and again: its tools, its system prompt, and the last two user turns
 * before the newest. The later of those is written by this request, the earlier was by the one before, and is read. There
 * are none where the prefix is shorter than the model caches, and none at all where the caller has set any.
 */
export function placeCachePoints(conversation: Conversation, rule: CacheRule | undefined): PlacedPoints {
  if (!rule) return { edits: [], report: 'none: the model is not known to cache prompts' }
  if (collectCachePoints(conversation).length > 0) return { edits: [], report: 'none: the request has its own' }
  const places = collectPlaces(conversation, rule).filter(({ tokens }) => tokens >= rule.minimumTokens)
  if (places.length === 0) return { edits: [], report: `none: no prefix of about ${rule.minimumTokens} tokens` }
  const chosen = places.slice(-MOST_CACHE_POINTS)
  return {
    edits: chosen.map(({ list }) => ({ start: list.end - 1, end: list.end - 1, text: `,${POINT}` })),
    report: chosen.map(({ path }) => path).join(', '),
  }
}

interface Place {
  readonly path: string
  /** The list at whose end the point goes. */
  readonly list: JsonNode
  /** Of all from the beginning up to there. */
  readonly tokens: number
}

function collectPlaces(conversation: Conversation, rule: CacheRule): Place[] {
  const { bytes, root, tools, system, turns, toolConfig } = conversation
  const earlier = turns
    .filter(({ role }) => role === 'user')
    .slice(0, -1)
    .slice(-2)
  const places: Place[] = []
  let tokens = 0
  const pass = (path: string, list: JsonNode | undefined, blocks: readonly Block[], isPlace: boolean): void => {
    for (const block of blocks) tokens += estimateTokens(bytes, block)
    if (isPlace && list && blocks.length > 0) places.push({ path, list, tokens })
  }
  pass('toolConfig.tools', memberOf(bytes, toolConfig, 'tools'), tools, rule.tools)
  pass('system', memberOf(bytes, root, 'system'), system, true)
  for (const turn of turns) pass(`${turn.path}.content`, turn.content, turn.blocks, earlier.includes(turn))
  return places
}

function estimateTokens(bytes: Buffer, { value, node }: Block): number {
  const media = memberOf(bytes, memberOf(bytes, value, 'source'), 'bytes')
  return media ? TOKENS_PER_MEDIUM : (node.end - node.start) / BYTES_PER_TOKEN
}
