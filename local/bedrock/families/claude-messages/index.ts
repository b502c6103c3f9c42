import { readCacheControls } from '../../prompt-cache/cache-points.ts'
import type { ChatFamily } from '../family.ts'
import { parseClaudeRequest } from './parse-request.ts'
import { renderClaudeAnswer } from './render-answer.ts'
import { renderClaudeStream } from './render-stream.ts'

export const claudeMessages: ChatFamily = {
  kind: 'chat',
  parseRequest: parseClaudeRequest,
  readCachePoints: (body) => readCacheControls(body, (prefix) => parseClaudeRequest(prefix).request),
  renderAnswer: renderClaudeAnswer,
  renderStream: renderClaudeStream,
}
