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

/** Mistral Large and Pixtral take OpenAI's request and give an answer of their own. */
export const mistralChat: ChatFamily = {
  ...openaiChat,
  renderAnswer: renderMistralAnswer,
  renderStream: renderMistralStream,
}
