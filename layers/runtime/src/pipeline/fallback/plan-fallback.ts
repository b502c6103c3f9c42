import { BedrockError, RestError } from '../../core/errors.ts'
import type { CallStage, ModelCall } from '../../core/model-call.ts'
import { nativeFamily } from '../../models/native-family.ts'
import { type FallbackChain, findChain } from './fallback-chains.ts'
import { FALLBACK_HEADER, readFallbackHeader } from './read-fallback-header.ts'

export interface FallbackPlanOptions {
  /** The stack's own chains; a request's list takes their place. */
  readonly chains: readonly FallbackChain[]
  /** Makes an id of an alias, and a profile of a bare id. */
  readonly resolve: CallStage
  /**
   * Whether the stack allows a model, by its resolved id.
   *
   * @throws RestError
   */
  admit(modelId: string): void
}

/**
 * The calls to make for one that came in, in their order: the first choice first, so that its prompt cache stays warm, each
 * resolved and admitted. One alone where there is nothing to fall back to.
 *
 * @throws BedrockError ValidationException, AccessDeniedException for what the request itself names
 */
export type FallbackPlan = (call: ModelCall) => Promise<readonly ModelCall[]>

export function createFallbackPlan({ chains, resolve, admit }: FallbackPlanOptions): FallbackPlan {
  async function prepare(call: ModelCall): Promise<ModelCall> {
    const resolved = await resolve(call)
    admit(resolved.modelId)
    return resolved
  }

  /** With facts of its own: they become the call's once it is this model that is called. */
  function prepareFallback(call: ModelCall, modelId: string): Promise<ModelCall> {
    return prepare({ ...call, modelId, facts: {} })
  }

  async function followRequest(call: ModelCall, first: ModelCall, names: readonly string[]): Promise<ModelCall[]> {
    const calls: ModelCall[] = []
    for (const modelId of names) {
      const next = await prepareFallback(call, modelId)
      checkFamily(first, next)
      const before = [first, ...calls].find((earlier) => earlier.modelId === next.modelId)
      if (before) {
        throw new BedrockError(
          'ValidationException',
          `${FALLBACK_HEADER} names ${modelId}, which is ${next.modelId}: that model is called already.`,
        )
      }
      calls.push(next)
    }
    return calls
  }

  /** The operator's list is for many calls: what does not suit one of them is left out there, and the log says so. */
  async function followChain(call: ModelCall, first: ModelCall, names: readonly string[]): Promise<ModelCall[]> {
    const calls: ModelCall[] = []
    for (const modelId of names) {
      try {
        const next = await prepareFallback(call, modelId)
        checkFamily(first, next)
        if (![first, ...calls].some((earlier) => earlier.modelId === next.modelId)) calls.push(next)
      } catch (error) {
        if (!(error instanceof RestError)) throw error
        call.facts.fallbackLeftOut = `${modelId}: ${error.name}`
      }
    }
    return calls
  }

  return async (call) => {
    const asked = readFallbackHeader(call.headers[FALLBACK_HEADER])
    const first = await prepare(call)
    if (asked) return [first, ...(await followRequest(call, first, asked))]
    const chain = findChain(chains, [call.modelId, first.modelId])
    return chain ? [first, ...(await followChain(call, first, chain.fallbacks))] : [first]
  }
}

/** A native body is one family's language; Converse's is everyone's. */
function checkFamily({ operation, modelId }: ModelCall, fallback: ModelCall): void {
  if (operation === 'Converse' || operation === 'ConverseStream') return
  const families = [nativeFamily(modelId), nativeFamily(fallback.modelId)] as const
  if (families.includes(undefined) || families[0] === families[1]) return
  throw new BedrockError(
    'ValidationException',
    `${FALLBACK_HEADER} names ${fallback.modelId}, which does not read the native body of ${modelId} (${families[1]}, not ${families[0]}): name a model of the same family, or call Converse.`,
  )
}
