import { ConfigurationError } from '../../core/configuration.ts'
import { checkModelId } from '../../models/model-id.ts'

/** Limit of fallbacks. Each one costs the caller another wait, and its prompt cache is cold. */
export const MAX_FALLBACKS = 3

/** Fallbacks of the models that match a pattern. */
export interface FallbackChain {
  /** Id, ARN or alias as callers write it, with `*` as a wildcard. */
  readonly pattern: string
  /** Ids, ARNs or aliases in the order of calls. */
  readonly fallbacks: readonly string[]
}

/**
 * Reads the stack's chains from MODEL_FALLBACKS: `claude-sonnet>claude-haiku>nova-pro, amazon.nova-*>claude-haiku`. A chain
 * begins with the pattern of its models. The first chain that matches a call is used.
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
  if (wrong !== undefined) throw fail(`"${wrong}" is not a model id, ARN or alias`)
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
