import { BedrockError } from '../../core/errors.ts'
import { checkModelId } from '../../models/model-id.ts'

/** The request's own list of models to fall back to: ids, ARNs or aliases in order, separated by commas. */
export const FALLBACK_HEADER = 'x-model-fallback'

/** Each one more is another wait for who calls, and another prompt cache that is cold. */
export const MOST_FALLBACKS = 3

/** What a request says that wants none of the stack's fallbacks. */
const NONE = 'none'

/**
 * The models that a request names.
 *
 * @returns undefined where it says nothing and the stack decides; empty for `none`
 * @throws BedrockError ValidationException that names the header and what is wrong with it
 */
export function readFallbackHeader(value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined
  const names = value.split(',').map((name) => name.trim())
  if (names.length === 1 && names[0]?.toLowerCase() === NONE) return []
  if (names.length > MOST_FALLBACKS) {
    throw refusal(`names ${names.length} models, the limit is ${MOST_FALLBACKS}`)
  }
  for (const [index, name] of names.entries()) {
    if (!isModelName(name)) throw refusal(`holds "${name.slice(0, 100)}", which is no model id, ARN or alias`)
    if (names.indexOf(name) !== index) throw refusal(`names ${name} twice`)
  }
  return names
}

export function isModelName(name: string): boolean {
  try {
    checkModelId(name)
    return true
  } catch {
    return false
  }
}

function refusal(fact: string): BedrockError {
  return new BedrockError(
    'ValidationException',
    `${FALLBACK_HEADER} ${fact}. It lists up to ${MOST_FALLBACKS} models, separated by commas, or says ${NONE}.`,
  )
}
