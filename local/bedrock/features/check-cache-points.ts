import { BedrockError } from '@bedrock-functions/runtime/core'
import { type ConversationWording, featureMessages as messages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import type { Path } from '../shapes/check-shape.ts'
import type { JsonObject } from '../shapes/json.ts'
import { readObject, readObjects } from '../shapes/read-json.ts'

type PointMember = 'cachePoint' | 'cache_control'

/** A place for cache points: the tools, the system prompt or the content of a message. */
interface Place {
  readonly path: Path
  readonly items: readonly JsonObject[]
}

/**
 * Checks that the model caches prompts at the cache points of a body of Converse or Nova. AccessDeniedException for a model
 * without a cache, ValidationException for a place or a time to live that it does not have.
 */
export function checkCachePoints(body: JsonObject, { traits }: Model, wording: ConversationWording): void {
  const places = listPlaces(body, readObject(body.toolConfig)?.tools, ['toolConfig', 'tools'])
  const points = places.flatMap(({ items }) => items.flatMap((item) => readPoint(item, 'cachePoint')))
  if (points.length === 0) return
  if (traits.refusesCachePoints) throw accessDenied()
  const misplaced = traits.refusesToolCachePoints
    ? places.map(findMisplaced).find((path) => path !== undefined)
    : undefined
  if (misplaced !== undefined) throw validationError(wording.fromModel(messages.extraneousKey(misplaced, 'cachePoint')))
  if (!traits.refusesHourCache || !points.some(({ ttl }) => ttl === '1h')) return
  // Claude checks the members of its own body, and Bedrock those of others.
  throw validationError(
    traits.isClaude ? wording.fromModel(messages.cacheTtl(findHour(places, 'cachePoint'))) : messages.hourCache,
  )
}

/** Checks `cache_control` in Claude's native body, as {@link checkCachePoints} does. */
export function checkCacheControls(body: JsonObject, { traits }: Model): void {
  const places = listPlaces(body, body.tools, ['tools'])
  const controls = places.flatMap(({ items }) => items.flatMap((item) => readPoint(item, 'cache_control')))
  if (controls.length === 0) return
  if (traits.refusesCachePoints) throw accessDenied()
  if (traits.refusesHourCache && controls.some(({ ttl }) => ttl === '1h')) {
    throw validationError(messages.cacheTtl(findHour(places, 'cache_control')))
  }
}

function readPoint(item: JsonObject, member: PointMember): JsonObject[] {
  const point = readObject(item[member])
  return point ? [point] : []
}

function listPlaces(body: JsonObject, tools: JsonObject[string] | undefined, path: Path): Place[] {
  return [
    { path, items: readObjects(tools) },
    { path: ['system'], items: readObjects(body.system) },
    ...readObjects(body.messages).map(({ content }, index) => ({
      path: ['messages', index, 'content'],
      items: readObjects(content),
    })),
  ]
}

/** Finds a point behind tools, or behind a tool result, whose position Nova names instead. */
function findMisplaced({ path, items }: Place): Path | undefined {
  const index = items.findIndex(({ cachePoint }) => readObject(cachePoint))
  if (index === -1) return undefined
  if (path[0] === 'toolConfig') return [...path, index]
  const result = items.findIndex(({ toolResult }) => readObject(toolResult))
  return result === -1 ? undefined : [...path, result]
}

function findHour(places: readonly Place[], member: PointMember): string {
  const found = places.flatMap(({ path, items }) =>
    items.flatMap((item, index) => {
      if (readObject(item[member])?.ttl !== '1h') return []
      // Converse gives a point to the block before it.
      return [[...path.filter((part) => part !== 'toolConfig'), member === 'cachePoint' ? index - 1 : index].join('.')]
    }),
  )
  return found[0] ?? ''
}

function accessDenied(): BedrockError {
  return new BedrockError('AccessDeniedException', messages.cachingUnsupported)
}
