import { BedrockError } from '@bedrock-functions/runtime/core'

/** Reads `limit` of a list's query. @throws BedrockError ValidationException that names the limits */
export function readPageSize(query: Readonly<Record<string, string>>, max: number, whenUnset: number): number {
  const { limit } = query
  if (limit === undefined) return whenUnset
  const size = Number(limit)
  if (/^\d+$/.test(limit) && size >= 1 && size <= max) return size
  throw new BedrockError('ValidationException', `limit must be a whole number from 1 to ${max}.`)
}
