import { ConfigurationError } from '../../core/configuration.ts'
import { checkModelId } from '../../models/model-id.ts'

/** Each fallback more is another wait for the caller, and another prompt cache that is cold. */
export const MAX_FALLBACKS = 3

/** The fallbacks of the models that a pattern names. */
export interface FallbackChain {
  /** An id, ARN or alias as callers write it, `*` for any run of characters. */
  readonly pattern: string
  /** Ids, ARNs or aliases, in the order in which they are called. */
  readonly fallbacks: readonly string[]
}

/**
 * Reads the stack's chains from MODEL_FALLBACKS: `claude-sonnet>claude-haiku>nova-pro, amazon.nova-*>claude-haiku`. Each
 * begins with the model that it is for; the first that fits a call counts.
 *
 * @throws ConfigurationError that names the chain
 */
export function readFallbackChains(environment: Readonly<Record<string, string | undefined>>): FallbackChain[] {
  const value = environment.MODEL_FALLBACKS?.trim()
  if (!value) return []
  return value.split(',').map((chain) => readChain(chain.trim()))
}

function readChain(chain: string): FallbackChain {
  const [pattern = '', ...fallbacks] = chain.split('>').map((name) => name.trim())
  const fail = (fact: string) =>
    new ConfigurationError(`MODEL_FALLBACKS has the chain "${chain}": ${fact}, as in claude-sonnet>claude-haiku`)
  if (!isModelName(pattern.replaceAll('*', 'x'))) throw fail('it must begin with a model id, ARN or alias')
  if (fallbacks.length < 1 || fallbacks.length > MAX_FALLBACKS) {
    throw fail(`it has ${fallbacks.length} fallbacks and must have 1 to ${MAX_FALLBACKS}`)
  }
  const wrong = fallbacks.find((name) => !isModelName(name))
  if (wrong !== undefined) throw fail(`"${wrong}" is no model id, ARN or alias`)
  if (new Set(fallbacks).size < fallbacks.length) throw fail('it names a model twice')
  return { pattern, fallbacks }
}

export function isModelName(name: string): boolean {
  try {
    checkModelId(name)
    return true
  } catch {
    return false
  }
}
