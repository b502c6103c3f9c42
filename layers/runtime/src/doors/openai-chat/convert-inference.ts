import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, type WrittenMember, writeArray, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import type { ModelFacts } from '../openai/model-facts.ts'

/** Names of the limit of an answer. The first one takes precedence. */
export type LimitNames = readonly string[]

/** Converts the limit, the sampling and the stop sequences into `inferenceConfig`; undefined: there are none. */
export function convertInference(root: JsonValue, model: ModelFacts, limits: LimitNames): JsonText | undefined {
  const members = [readMaxTokens(root, limits), ...readSampling(root, model), readStop(root)].filter(
    (member) => member !== undefined,
  )
  return members.length === 0 ? undefined : writeObject(members)
}

function readMaxTokens(root: JsonValue, limits: LimitNames): WrittenMember {
  const name = limits.find((limit) => root.get(limit))
  if (name === undefined) return undefined
  const value = readNumber(root, name)
  if (value && !(Number(value.parse()) >= 1)) {
    throw invalidRequest(name, `${name} must be 1 or more.`, 'integer_below_min_value')
  }
  return value && ['maxTokens', value.bytes]
}

/** Limit of the answer, as a number; undefined: there is none. */
export function readTokenLimit(root: JsonValue, limits: LimitNames): number | undefined {
  const value = limits.map((limit) => root.get(limit)).find((found) => found !== undefined)
  return value?.kind === 'number' ? Number(value.parse()) : undefined
}

/**
 * Reads temperature and top_p. Their default, 1, asks for nothing: it is left out for models that refuse the parameter, or
 * that accept only one of both.
 *
 * @throws BedrockError ValidationException for a temperature above 1, which Bedrock does not have, and for a value that the
 *   model does not accept
 */
function readSampling(root: JsonValue, { sampling, modelId }: ModelFacts): WrittenMember[] {
  const temperature = readNumber(root, 'temperature')
  const topP = readNumber(root, 'top_p')
  const given = { temperature: temperature && Number(temperature.parse()), top_p: topP && Number(topP.parse()) }
  if (given.temperature !== undefined && (given.temperature > 1 || given.temperature < 0)) {
    throw invalidRequest(
      'temperature',
      `temperature is ${given.temperature}: models of Bedrock accept 0 to 1.`,
      'unsupported_value',
    )
  }
  const isSet = (name: keyof typeof given) => given[name] !== undefined && given[name] !== 1
  if (sampling === 'none') {
    const set = (['temperature', 'top_p'] as const).find(isSet)
    if (set === undefined) return []
    throw invalidRequest(
      set,
      `Unsupported value: '${set}' does not support ${given[set]} with ${modelId}. Only the default (1) value is supported.`,
      'unsupported_value',
    )
  }
  if (sampling === 'one' && isSet('temperature') && isSet('top_p')) {
    throw invalidRequest(
      'top_p',
      `${modelId} accepts temperature or top_p, not both: leave out one of them.`,
      'unsupported_value',
    )
  }
  const omitted = sampling === 'one' && temperature && topP ? (isSet('top_p') ? temperature : topP) : undefined
  return [
    temperature && temperature !== omitted ? ['temperature', temperature.bytes] : undefined,
    topP && topP !== omitted ? ['topP', topP.bytes] : undefined,
  ]
}

function readStop(root: JsonValue): WrittenMember {
  const stop = root.get('stop')
  if (!stop) return undefined
  const items = stop.kind === 'string' ? [stop] : stop.items
  if (items.some(({ kind }) => kind !== 'string') || (stop.kind !== 'string' && stop.kind !== 'array')) {
    throw invalidRequest('stop', 'stop must be a string or an array of strings.', 'invalid_type')
  }
  return items.length === 0 ? undefined : ['stopSequences', writeArray(items.map(({ bytes }) => bytes))]
}

/** @throws BedrockError ValidationException for a value that is not a number */
export function readNumber(root: JsonValue, name: string): JsonValue | undefined {
  const value = root.get(name)
  if (!value || value.kind === 'number') return value
  throw invalidRequest(name, `${name} must be a number.`, 'invalid_type')
}
