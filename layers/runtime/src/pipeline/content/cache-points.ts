import { appendItem, type JsonEdit } from '../../json/edit-json.ts'
import type { JsonValue } from '../../json/json-document.ts'
import type { CacheRule } from '../../models/model-rules.ts'
import { type Block, type Conversation, refuse } from './conversation.ts'

/** Source: the prompt-caching page of the Bedrock user guide. */
const MAX_CACHE_POINTS = 4

/** In the order in which they count: tools, system, messages. */
function collectCachePoints({ tools, system, turns }: Conversation): Block[] {
  const blocks = [...tools, ...system, ...turns.flatMap((turn) => turn.blocks)]
  return blocks.filter(({ name }) => name === 'cachePoint')
}

/** @throws BedrockError ValidationException for too many, and for a longer time to live behind a shorter one */
export function checkCachePoints(conversation: Conversation): void {
  const points = collectCachePoints(conversation)
  if (points.length > MAX_CACHE_POINTS) {
    const shown = points.slice(0, MAX_SHOWN_PATHS).map(({ path }) => path)
    refuse(
      `The request has ${points.length} cache points: at most ${MAX_CACHE_POINTS} are allowed. Keep the last ones of ${shown.join(', ')}${points.length > shown.length ? ', …' : ''}.`,
    )
  }
  const livesLong = ({ value }: Block): boolean => value?.get('ttl')?.text === '1h'
  const short = points.findIndex((point) => !livesLong(point))
  const misplaced = short === -1 ? undefined : points.slice(short).find(livesLong)
  if (misplaced) {
    refuse(
      `${misplaced.path} has ttl 1h behind ${points[short]?.path} with 5m: a longer time to live must stand before a shorter one, in the order tools, system, messages. Give the earlier one 1h, or this one 5m.`,
    )
  }
}

/** A message stays readable, however many there are. */
const MAX_SHOWN_PATHS = 10

export interface PlacedPoints {
  readonly edits: readonly JsonEdit[]
  /** The paths that the points stand behind, such as `toolConfig.tools, messages.4.content`; or `none` with the reason. */
  readonly report: string
}

const POINT = '{"cachePoint":{"type":"default"}}'

/** Of text in UTF-8; the estimate that docs/cost.md uses, too. */
const BYTES_PER_TOKEN = 4
/** An image or document has more, whatever its bytes. */
const TOKENS_PER_MEDIUM = 1_000

/**
 * Places cache points behind what a conversation sends again and again: its tools, its system prompt, and the last two user
 * turns before the newest. This request writes the later of those, and reads the earlier, which the request before it
 * wrote. There are none where the prefix is shorter than the model caches, and none at all where the caller has set any.
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
  /** The list at whose end the point goes. */
  readonly list: JsonValue
  /** Of all from the beginning up to there. */
  readonly tokens: number
}

function collectPrefixes(conversation: Conversation, rule: CacheRule): Prefix[] {
  const { root, tools, system, turns, toolConfig } = conversation
  const earlier = turns
    .filter(({ role }) => role === 'user')
    .slice(0, -1)
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
