import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { createFrameFormat } from '../http/frame-format.ts'
import { INVALID_MODEL_IDENTIFIER, validationError } from '../messages.ts'
import { requireLiving } from '../models/ended-models.ts'
import { requireOnDemand, resolveModel } from '../models/resolve-model.ts'
import type { Operation, OperationCall, StreamAnswer } from '../operations/operation.ts'
import { sessionMessages } from './messages.ts'
import { Session } from './session.ts'
import { isSpeechModel } from './speech-models.ts'

/** InvokeModelWithBidirectionalStream: a session of Nova Sonic, whose events go both ways at once. */
export const invokeModelBidirectional: Operation<StreamAnswer> = async (call) => {
  requireSpeechModel(call)
  const session = new Session(call, requireInput(call))
  return {
    headers: { 'x-amzn-bedrock-content-type': 'application/json' },
    events: session.events(),
    get faults() {
      return session.faults
    },
    // The user can interrupt between any two events.
    isPaced: true,
    format: createFrameFormat(createHash('sha256').update(call.path).digest()),
    usage: () => session.usage(),
  }
}

function requireSpeechModel({ resource, accountModels, newModels, refusesEndedModels }: OperationCall): void {
  const model = resolveModel(resource, accountModels, newModels)
  if (refusesEndedModels) requireLiving(model.baseId)
  requireOnDemand(model)
  if (!isSpeechModel(model.baseId ?? '')) throw validationError(sessionMessages.unsupportedModel)
  // The model has no profile across regions.
  const isOwn = Object.hasOwn(accountModels, resource)
  if (model.viaProfile && !isOwn) throw validationError(INVALID_MODEL_IDENTIFIER)
}

function requireInput({ input }: OperationCall): Readable {
  if (!input) throw validationError(sessionMessages.needsHttp2)
  return input
}
