import type { ConversationRequest } from '../conversation/types.ts'
import { readConversation } from '../converse/parse-converse-request.ts'
import { cacheMessages, validationError } from '../messages.ts'
import type { JsonObject } from '../shapes/json.ts'
import { readObject, readObjects } from '../shapes/read-json.ts'
import type { CacheTtl } from './prompt-cache.ts'

/** A point in a request up to which it may be kept. */
export interface CachePoint {
  readonly ttl: CacheTtl
  /** The request up to there. */
  readonly prefix: Pick<ConversationRequest, 'system' | 'turns' | 'tools'>
}

/** Source: the prompt-caching page of the Bedrock user guide. */
const MAX_POINTS = 4

/**
 * Cache points of a Converse body, or of Nova's own, in their order: tools, system, messages. ValidationException for too
 * many, or for a longer time to live behind a shorter one.
 */
export function readCachePoints(body: JsonObject): CachePoint[] {
  const lists = { tools: readObjects(readObject(body.toolConfig)?.tools), system: readObjects(body.system) }
  return findPoints({ ...lists, messages: readObjects(body.messages) }, 'cachePoint', ({ tools, ...others }) =>
    readConversation({ toolConfig: { tools }, ...others }),
  )
}

/** The same for a body of Claude's own, whose blocks say themselves that a prefix ends with them. */
export function readCacheControls(body: JsonObject, parse: (body: JsonObject) => CachePoint['prefix']): CachePoint[] {
  // A system prompt that is a mere text has no room for a point, and is part of every prefix of the messages.
  const system = typeof body.system === 'string' ? [{ type: 'text', text: body.system }] : readObjects(body.system)
  return findPoints(
    { tools: readObjects(body.tools), system, messages: readObjects(body.messages) },
    'cache_control',
    (lists) => parse({ ...body, ...lists }),
  )
}

/** What is kept of a request, in the order in which models read it. */
interface Lists {
  readonly tools: readonly JsonObject[]
  readonly system: readonly JsonObject[]
  readonly messages: readonly JsonObject[]
}

function findPoints(
  { tools, system, messages }: Lists,
  member: string,
  read: (lists: Lists & JsonObject) => CachePoint['prefix'],
): CachePoint[] {
  const points: CachePoint[] = []
  const collect = (items: readonly JsonObject[], cut: (count: number) => Lists & JsonObject): void => {
    for (const [index, item] of items.entries()) {
      const point = readObject(item[member])
      if (point) points.push({ ttl: point.ttl === '1h' ? '1h' : '5m', prefix: read(cut(index + 1)) })
    }
  }
  collect(tools, (count) => ({ tools: tools.slice(0, count), system: [], messages: [] }))
  collect(system, (count) => ({ tools, system: system.slice(0, count), messages: [] }))
  for (const [index, message] of messages.entries()) {
    const blocks = readObjects(message.content)
    collect(blocks, (count) => ({
      ...{ tools, system },
      messages: [...messages.slice(0, index), { ...message, content: blocks.slice(0, count) }],
    }))
  }
  return checkOrder(points)
}

function checkOrder(points: CachePoint[]): CachePoint[] {
  if (points.length > MAX_POINTS) throw validationError(cacheMessages.tooMany(points.length, MAX_POINTS))
  const short = points.findIndex(({ ttl }) => ttl === '5m')
  if (short !== -1 && points.slice(short).some(({ ttl }) => ttl === '1h')) throw validationError(cacheMessages.order)
  return points
}
