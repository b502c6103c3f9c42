import { checkBetas } from '../../features/check-betas.ts'
import { checkCacheControls } from '../../features/check-cache-points.ts'
import { claudeWording, featureMessages, validationError } from '../../messages.ts'
import { readCacheControls } from '../../prompt-cache/cache-points.ts'
import { readObject } from '../../shapes/read-json.ts'
import type { ChatFamily } from '../family.ts'
import { parseClaudeRequest } from './parse-request.ts'
import { renderClaudeAnswer } from './render-answer.ts'
import { renderClaudeStream } from './render-stream.ts'

export const claudeMessages: ChatFamily = {
  kind: 'chat',
  parseRequest: parseClaudeRequest,
  checkFeatures(body, _request, model) {
    checkBetas(body, model, claudeWording)
    checkCacheControls(body, model)
    if (model.traits.refusesOutputConfig && readObject(body.output_config)?.format !== undefined) {
      throw validationError(featureMessages.outputFormat)
    }
  },
  readCachePoints: (body) => readCacheControls(body, (prefix) => parseClaudeRequest(prefix).request),
  renderAnswer: renderClaudeAnswer,
  renderStream: renderClaudeStream,
}
