import type { AnswerBlock, ConversationRequest } from '../conversation/types.ts'
import type { Model } from '../models/resolve-model.ts'
import type { OperationCall } from '../operations/operation.ts'
import { withThinking } from './with-thinking.ts'

/**
 * Returns the call with a model that reasons as the called one does in Converse: Claude signs its thinking, DeepSeek R1 always
 * reasons. A whole answer of R1 has its reasoning behind the text. Observed: a recording of Bedrock.
 */
export function shapeReasoning(call: OperationCall, model: Model): OperationCall {
  if (!model.answerTraits.alwaysReasons) return withThinking(call, model)
  const behind = call.model
  return {
    ...call,
    model: {
      async answer(request, directives, signal) {
        const answer = await behind.answer(turnOn(request), directives, signal)
        return { ...answer, blocks: answer.blocks.toSorted((one, other) => order(one) - order(other)) }
      },
      stream: (request, directives, signal) => behind.stream(turnOn(request), directives, signal),
    },
  }
}

function turnOn(request: ConversationRequest): ConversationRequest {
  return { ...request, parameters: { ...request.parameters, reasoning: true } }
}

function order({ kind }: AnswerBlock): number {
  return kind === 'reasoning' ? 1 : 0
}
