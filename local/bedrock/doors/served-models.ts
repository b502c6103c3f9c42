import { nameBody } from '../families/index.ts'
import { doorMessages as messages, onDemandUnsupported } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { contractError } from './contract-error.ts'

export type DoorName = 'messages' | 'chat' | 'responses'

/**
 * Native bodies of the models behind a door, by the table of models. Source: Bedrock user guide, "API compatibility". Jamba
 * and Mistral's older models have such a body, too, but no door.
 */
const BODIES: Readonly<Record<Exclude<DoorName, 'responses'>, readonly string[]>> = {
  messages: ['Claude'],
  chat: ['chat completions', 'Mistral chat completions'],
}

/** Models of OpenAI with closed weights, such as `openai.gpt-5.6-sol`. */
const CLOSED_GPT = /^openai\.gpt-(?!oss)/

export function isClosedGpt({ baseId = '' }: Pick<Model, 'baseId'>): boolean {
  return CLOSED_GPT.test(baseId)
}

/**
 * Checks that a door serves the model. A model that only the account knows may be any, but not behind the Responses API.
 * ValidationException otherwise.
 */
export function requireDoor(model: Model, door: DoorName): void {
  const { baseId, requestedId, viaProfile, isApplicationProfile } = model
  if (door === 'responses' && isApplicationProfile) throw refuse(messages.applicationProfile)
  if (!servesDoor(baseId, door)) throw refuse(messages.notOnRoute(requestedId))
  if (isClosedGpt(model) && !viaProfile) throw refuse(onDemandUnsupported(requestedId))
}

function refuse(message: string): Error {
  return contractError(message, { param: 'model' })
}

function servesDoor(baseId: string | undefined, door: DoorName): boolean {
  if (baseId === undefined) return door !== 'responses'
  if (door === 'responses') return isClosedGpt({ baseId })
  return BODIES[door].includes(nameBody(baseId) ?? '') && !baseId.startsWith('ai21.')
}
