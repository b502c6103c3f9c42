import { featureMessages as messages, validationError } from '../../messages.ts'
import { readObject } from '../../shapes/read-json.ts'
import { type ChatFamily, nameModel } from '../family.ts'
import { parseOpenaiRequest } from './parse-request.ts'
import { renderMistralAnswer, renderOpenaiAnswer } from './render-answer.ts'
import { renderMistralStream, renderOpenaiStream } from './render-stream.ts'

export const openaiChat: ChatFamily = {
  kind: 'chat',
  parseRequest: parseOpenaiRequest,
  checkFeatures(body, { turns }, model) {
    const { refusesImages, refusesOutputConfig } = model.traits
    if (refusesImages && turns.some(({ blocks }) => blocks.some(({ kind }) => kind === 'image'))) {
      throw validationError(messages.notMultimodal(nameModel(model)))
    }
    if (refusesOutputConfig && readObject(body.response_format)?.type === 'json_schema') {
      throw validationError(messages.extraneousKey([], 'response_format'))
    }
  },
  renderAnswer: renderOpenaiAnswer,
  renderStream: renderOpenaiStream,
}

/** Mistral Large and Pixtral: OpenAI's request with Mistral's answer. */
export const mistralChat: ChatFamily = {
  ...openaiChat,
  renderAnswer: renderMistralAnswer,
  renderStream: renderMistralStream,
}
