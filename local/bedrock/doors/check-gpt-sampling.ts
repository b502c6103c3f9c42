import { doorMessages as messages } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { isPresent, type JsonObject } from '../shapes/json.ts'
import { contractError } from './contract-error.ts'

/** Refuses sampling for a closed model of OpenAI that has none. A value of 1 is the default. Observed of OpenAI. */
export function checkGptSampling(body: JsonObject, { traits }: Model): void {
  const param = ['temperature', 'top_p'].find((member) => isPresent(body[member]) && body[member] !== 1)
  if (!traits.refusesSampling || param === undefined) return
  throw contractError(messages.unsupportedParameter(param), { param, code: 'unsupported_parameter' })
}
