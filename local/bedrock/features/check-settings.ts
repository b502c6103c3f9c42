import { readRegion } from '../control-plane/caller-region.ts'
import { featureMessages as messages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'

/** Settings of a call that Bedrock itself reads: members of Converse, headers of InvokeModel. */
export interface CallSettings {
  readonly serviceTier: string | undefined
  readonly latency: string | undefined
}

/** Checks that the model has the service tier and the latency. ValidationException otherwise. */
export function checkSettings(
  { serviceTier, latency }: CallSettings,
  { baseId, requestedId, viaProfile, traits }: Model,
  headers: Readonly<Record<string, string>>,
): void {
  if (serviceTier !== undefined && traits.serviceTiers && !traits.serviceTiers.includes(serviceTier)) {
    throw validationError(serviceTier === 'reserved' ? messages.reservation : messages.serviceTier)
  }
  const isOptimized = traits.optimizedLatency === undefined || (traits.optimizedLatency && viaProfile)
  if (latency === 'optimized' && !isOptimized) {
    throw validationError(messages.latency(baseId ?? requestedId, readRegion(headers)))
  }
}
