import type { ChatFamily } from '../family.ts'
import { parseClaudeRequest } from './parse-request.ts'
import { renderClaudeAnswer } from './render-answer.ts'

export const claudeMessages: ChatFamily = {
  kind: 'chat',
  parseRequest: parseClaudeRequest,
  renderAnswer: renderClaudeAnswer,
}
