import type { ChatFamily } from '../family.ts'
import { parseOpenaiRequest } from './parse-request.ts'
import { renderMistralAnswer, renderOpenaiAnswer } from './render-answer.ts'
import { renderMistralStream, renderOpenaiStream } from './render-stream.ts'

export const openaiChat: ChatFamily = {
  kind: 'chat',
  parseRequest: parseOpenaiRequest,
  renderAnswer: renderOpenaiAnswer,
  renderStream: renderOpenaiStream,
}

/** Mistral Large and Pixtral: OpenAI's request with Mistral's answer. */
export const mistralChat: ChatFamily = {
  ...openaiChat,
  renderAnswer: renderMistralAnswer,
  renderStream: renderMistralStream,
}
