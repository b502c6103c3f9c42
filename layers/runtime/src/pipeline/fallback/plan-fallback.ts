import { BedrockError, RestError } from '../../core/errors.ts'
import { isConverse, type ModelCall } from '../../core/model-call.ts'
import { nativeFamily } from '../../models/native-family.ts'
import { type FallbackChain, findChain, isModelName, MAX_FALLBACKS } from './fallback-chains.ts'

/** The models that a request names to fall back to: ids, ARNs or aliases in order, separated by commas; or `none`. */
export const FALLBACK_HEADER = 'x-model-fallback'

const NONE = 'none'

export interface FallbackPlan {
  /** The calls to make if the first choice fails, in their order, each resolved and admitted. */
  readonly calls: readonly ModelCall[]
  /** A model of the operator's list that does not suit this call, with the reason; for the log. */
  readonly leftOut?: string
}

/**
 * Plans the calls behind the first choice. The first choice comes first, so that its prompt cache stays warm.
 *
 * @param asked the call as the caller made it
 * @param first the same call, resolved and admitted
 * @param resolve resolves and admits a call
 * @throws BedrockError ValidationException, AccessDeniedException for a model that the request itself names
 */
export function planFallback(
  asked: ModelCall,
  first: ModelCall,
  resolve: (call: ModelCall) => ModelCall,
  chains: readonly FallbackChain[],
): FallbackPlan {
  const names = readFallbackHeader(asked.headers[FALLBACK_HEADER])
  if (names) return { calls: followRequest(asked, first, names, resolve) }
  const chain = findChain(chains, [asked.modelId, first.modelId])
  return chain ? followChain(asked, first, chain.fallbacks, resolve) : { calls: [] }
}

function followRequest(
  asked: ModelCall,
  first: ModelCall,
  names: readonly string[],
  resolve: (call: ModelCall) => ModelCall,
): ModelCall[] {
  const calls: ModelCall[] = []
  for (const modelId of names) {
    const next = resolve({ ...asked, modelId })
    checkFamily(first, next)
    if ([first, ...calls].some((earlier) => earlier.modelId === next.modelId)) {
      throw new BedrockError(
        'ValidationException',
        `${FALLBACK_HEADER} names ${modelId}, which is ${next.modelId}: that model is called already.`,
      )
    }
    calls.push(next)
  }
  return calls
}

/** The operator's list is for many calls: a model that does not suit this one is left out. */
function followChain(
  asked: ModelCall,
  first: ModelCall,
  names: readonly string[],
  resolve: (call: ModelCall) => ModelCall,
): FallbackPlan {
  const calls: ModelCall[] = []
  let leftOut: string | undefined
  for (const modelId of names) {
    try {
      const next = resolve({ ...asked, modelId })
      checkFamily(first, next)
      if (![first, ...calls].some((earlier) => earlier.modelId === next.modelId)) calls.push(next)
    } catch (error) {
      if (!(error instanceof RestError)) throw error
      leftOut = `${modelId}: ${error.name}`
    }
  }
  return { calls, ...(leftOut !== undefined && { leftOut }) }
}

/** A native body is one family's language; every model reads Converse's. */
function checkFamily({ operation, modelId }: ModelCall, fallback: ModelCall): void {
  if (isConverse(operation)) return
  const families = [nativeFamily(modelId), nativeFamily(fallback.modelId)] as const
  if (families.includes(undefined) || families[0] === families[1]) return
  throw new BedrockError(
    'ValidationException',
    `${FALLBACK_HEADER} names ${fallback.modelId}, which does not read the native body of ${modelId} (${families[1]}, not ${families[0]}): name a model of the same family, or call Converse.`,
  )
}

/**
 * Reads the models that a request names.
 *
 * @returns undefined where it names none and the stack decides; empty for `none`
 * @throws BedrockError ValidationException that names the header and the fault
 */
export function readFallbackHeader(value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined
  const names = value.split(',').map((name) => name.trim())
  if (names.length === 1 && names[0]?.toLowerCase() === NONE) return []
  if (names.length > MAX_FALLBACKS) {
    throw refusal(`names ${names.length} models, the limit is ${MAX_FALLBACKS}`)
  }
  for (const [index, name] of names.entries()) {
    if (!isModelName(name)) throw refusal(`holds "${name.slice(0, 100)}", which is no model id, ARN or alias`)
    if (names.indexOf(name) !== index) throw refusal(`names ${name} twice`)
  }
  return names
}

function refusal(fact: string): BedrockError {
  return new BedrockError(
    'ValidationException',
    `${FALLBACK_HEADER} ${fact}. It lists up to ${MAX_FALLBACKS} models, separated by commas, or says ${NONE}.`,
  )
}
