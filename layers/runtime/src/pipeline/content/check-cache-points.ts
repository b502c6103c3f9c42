import { memberOf, textOf } from '../../json/json-tree.ts'
import { type Block, type Conversation, refuse } from './conversation.ts'

/** Source: the prompt-caching page of the Bedrock user guide. */
export const MOST_CACHE_POINTS = 4

/** In the order in which they count: tools, system, messages. */
export function collectCachePoints({ tools, system, turns }: Conversation): Block[] {
  const blocks = [...tools, ...system, ...turns.flatMap((turn) => turn.blocks)]
  return blocks.filter(({ name }) => name === 'cachePoint')
}

/** @throws BedrockError ValidationException for too many, and for a longer time to live behind a shorter one */
export function checkCachePoints(conversation: Conversation): void {
  const points = collectCachePoints(conversation)
  if (points.length > MOST_CACHE_POINTS) {
    const places = points.map(({ path }) => path).join(', ')
    refuse(
      `The request has ${points.length} cache points: at most ${MOST_CACHE_POINTS} are allowed. Keep the last ones of ${places}.`,
    )
  }
  const livesLong = ({ value }: Block): boolean =>
    textOf(conversation.bytes, memberOf(conversation.bytes, value, 'ttl')) === '1h'
  const short = points.findIndex((point) => !livesLong(point))
  const misplaced = short === -1 ? undefined : points.slice(short).find(livesLong)
  if (misplaced) {
    refuse(
      `${misplaced.path} has ttl 1h behind ${points[short]?.path} with 5m: a longer time to live must stand before a shorter one, in the order tools, system, messages. Give the earlier one 1h, or this one 5m.`,
    )
  }
}
