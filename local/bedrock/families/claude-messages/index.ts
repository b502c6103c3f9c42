import type { ChatFamily } from '../family.ts'
import { parseClaudeRequest } from './parse-request.ts'
import { renderClaudeAnswer } from './render-answer.ts'
import { renderClaudeStream } from './render-stream.ts'

export const claudeMessages: ChatFamily = {
  kind: 'chat',
  parseRequest: parseClaudeRequest,
  renderAnswer: renderClaudeAnswer,
  renderStream: renderClaudeStream,
}
