import { collectTexts } from '../async-invoke/model-input.ts'
import type { TokenUsage } from '../conversation/types.ts'
import { deriveId, hashRequest } from '../deterministic-model/hash-request.ts'
import { applyDirectives } from '../directives/apply-directives.ts'
import type { ChatFamily, UnaryFamily } from '../families/family.ts'
import type { JsonObject } from '../shapes/json.ts'
import { answerConversation } from './answer-conversation.ts'
import type { Operation, OperationCall, WholeAnswer } from './operation.ts'
import { prepareConversation } from './prepare-conversation.ts'
import { echoHeaders, type InvokeCall, readInvokeCall, renderGuardrailMembers } from './read-invoke-call.ts'

export const invokeModel: Operation = async (call) => {
  const asked = readInvokeCall(call)
  const { family, body } = asked
  return family.kind === 'unary' ? answerAtOnce(family, body, call) : chat(family, asked, call)
}

async function chat(family: ChatFamily, asked: InvokeCall, call: OperationCall): Promise<WholeAnswer> {
  const { model, guarding } = asked
  const prepared = prepareConversation(family, asked.body, model, call)

  const { request, answer, trace } = await answerConversation(prepared.request, prepared.call, guarding)

  const id = deriveId(hashRequest(request), 'message')
  return {
    headers: renderHeaders(call, answer.usage),
    body: {
      ...family.renderAnswer(answer, { request, model, id }),
      ...renderGuardrailMembers(asked, trace),
    },
    usage: answer.usage,
  }
}

/** Answers without a conversation. Directives work in every text of the body. */
async function answerAtOnce(family: UnaryFamily, body: JsonObject, call: OperationCall): Promise<WholeAnswer> {
  const { body: answer, inputTokens } = family.invoke(body)
  await applyDirectives(collectTexts(body).join('\n'), call)
  if (inputTokens === undefined) return { headers: renderCallHeaders(call), body: answer }
  return {
    headers: renderHeaders(call, { inputTokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 }),
    body: answer,
    usage: { inputTokens },
  }
}

function renderHeaders(call: OperationCall, usage: TokenUsage): Record<string, string> {
  const { cacheReadTokens, cacheWriteTokens } = usage
  const hasCache = cacheReadTokens + cacheWriteTokens > 0
  return {
    'x-amzn-bedrock-input-token-count': String(usage.inputTokens),
    'x-amzn-bedrock-output-token-count': String(usage.outputTokens),
    ...(hasCache && {
      'x-amzn-bedrock-cache-read-input-token-count': String(cacheReadTokens),
      'x-amzn-bedrock-cache-write-input-token-count': String(cacheWriteTokens),
    }),
    ...renderCallHeaders(call),
  }
}

/** Renders the headers of an answer without tokens. */
function renderCallHeaders(call: OperationCall): Record<string, string> {
  return { 'x-amzn-bedrock-invocation-latency': String(call.elapsed()), ...echoHeaders(call) }
}
