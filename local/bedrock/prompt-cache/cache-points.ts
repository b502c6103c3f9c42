import type { ConversationRequest } from '../conversation/types.ts'
import { readConversation } from '../converse/parse-converse-request.ts'
import { cacheMessages, validationError } from '../messages.ts'
import type { JsonObject } from '../shapes/json.ts'
import { readObject, readObjects } from '../shapes/read-json.ts'
import type { CacheTtl } from './prompt-cache.ts'

/** A cache point of a request. */
export interface CachePoint {
  readonly ttl: CacheTtl
  /** Request up to the point. */
  readonly prefix: Pick<ConversationRequest, 'system' | 'turns' | 'tools'>
}

/** Source: the prompt-caching page of the Bedrock user guide. */
const MAX_POINTS = 4

/**
 * Finds the cache points of a Converse or Nova body, in order: tools, system, messages. ValidationException for too many
 * points, or for a longer time to live after a shorter one.
 */
export function readCachePoints(body: JsonObject): CachePoint[] {
  const lists = { tools: readObjects(readObject(body.toolConfig)?.tools), system: readObjects(body.system) }
  return findPoints({ ...lists, messages: readObjects(body.messages) }, 'cachePoint', ({ tools, ...others }) =>
    readConversation({ toolConfig: { tools }, ...others }),
  )
}

/** Finds the cache points of Claude's native body, whose blocks mark the end of a prefix. */
export function readCacheControls(body: JsonObject, parse: (body: JsonObject) => CachePoint['prefix']): CachePoint[] {
  // A system prompt in a string has no point, and is part of every prefix of the messages.
  const system = typeof body.system === 'string' ? [{ type: 'text', text: body.system }] : readObjects(body.system)
  return findPoints(
    { tools: readObjects(body.tools), system, messages: readObjects(body.messages) },
    'cache_control',
    (lists) => parse({ ...body, ...lists }),
  )
}

/** Cached parts of a request, in the order in which models read them. */
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
