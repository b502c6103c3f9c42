import { BedrockError } from '@bedrock-functions/runtime/core'
import { countAnswerTokens, countInputTokens } from '../conversation/count-tokens.ts'
import { parseToolInput } from '../conversation/parse-tool-input.ts'
import type { AnswerBlock, ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import { deriveId, hashRequest } from '../deterministic-model/hash-request.ts'
import { deterministicModel } from '../deterministic-model/index.ts'
import type { Directives } from '../directives/parse-directives.ts'
import type { LanguageModel } from '../language-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { readObject, readObjects, readString } from '../shapes/read-json.ts'
import { readStopReason, readUsage } from './read-usage.ts'
import { renderChatRequest } from './render-chat-request.ts'
import { streamCompletion } from './stream-completion.ts'

export interface OpenaiServer {
  /** Base URL, such as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string
  readonly apiKey?: string
  /** Model name on that server. */
  readonly model: string
}

/** A model on an OpenAI-compatible server. Prompts with `say`, `tokens` or `tool` are still answered here. */
export function createOpenaiModel(server: OpenaiServer): LanguageModel {
  return {
    async answer(request, directives, signal) {
      if (isAnsweredHere(directives)) {
        return deterministicModel.answer(request, directives, signal)
      }
      const response = await post(renderChatRequest(request, server.model), server, signal)
      return readCompletion(await readAnswer(response, server, signal), request)
    },
    async stream(request, directives, signal) {
      if (isAnsweredHere(directives)) {
        return deterministicModel.stream(request, directives, signal)
      }
      const body = {
        ...renderChatRequest(request, server.model),
        stream: true,
        stream_options: { include_usage: true },
      }
      const response = await post(body, server, signal)
      if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
        await response.body?.cancel()
        throw modelError(`The server at ${response.url} answered no stream.`, response.status, server)
      }
      return streamCompletion(response.body, request, signal)
    },
  }
}

function isAnsweredHere({ say, tokens, tool }: Directives): boolean {
  return say !== undefined || tokens !== undefined || tool !== undefined
}

/** Requests a completion and returns the response. Rejects with Bedrock's error when the server is unreachable or refuses. */
async function post(body: JsonObject, server: OpenaiServer, signal: AbortSignal): Promise<Response> {
  const url = `${server.baseUrl.replace(/\/+$/, '')}/chat/completions`
  const authorization = server.apiKey === undefined ? {} : { authorization: `Bearer ${server.apiKey}` }
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify(body),
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw error
    throw modelError(`The server at ${url} cannot be reached.`, 502, server, error)
  })
  if (response.ok) return response
  await response.body?.cancel()
  throw toBedrockError(url, response.status, server)
}

async function readAnswer(response: Response, server: OpenaiServer, signal: AbortSignal): Promise<JsonObject> {
  try {
    return parseJsonObject(new Uint8Array(await response.arrayBuffer()))
  } catch (error) {
    if (signal.aborted) throw error
    throw modelError(`The server at ${response.url} answered no completion.`, response.status, server, error)
  }
}

function toBedrockError(url: string, status: number, server: OpenaiServer): BedrockError {
  if (status === 429) return new BedrockError('ThrottlingException', `The server at ${url} answered 429.`)
  return modelError(`The server at ${url} answered ${status}.`, status, server)
}

function modelError(message: string, originalStatusCode: number, server: OpenaiServer, cause?: unknown): BedrockError {
  return new BedrockError('ModelErrorException', message, {
    details: { originalStatusCode, resourceName: server.model },
    cause,
  })
}

function readCompletion(completion: JsonObject, request: ConversationRequest): ModelAnswer {
  const [choice = {}] = readObjects(completion.choices)
  const message = readObject(choice.message) ?? {}
  const blocks = readBlocks(message, request)
  const outputTokens = blocks.reduce((total, block) => total + countAnswerTokens(block), 0)
  return {
    blocks,
    stopReason: readStopReason(readString(choice.finish_reason)),
    usage: readUsage(readObject(completion.usage), { inputTokens: countInputTokens(request), outputTokens }),
  }
}

function readBlocks(message: JsonObject, request: ConversationRequest): AnswerBlock[] {
  const hash = hashRequest(request)
  const text = readString(message.content) ?? ''
  const reasoning = readString(message.reasoning_content) ?? readString(message.reasoning) ?? ''
  const calls = readObjects(message.tool_calls).map((call, index): AnswerBlock => {
    const { name, arguments: input } = readObject(call.function) ?? {}
    const id = deriveId(hash, `tool ${index}`)
    return {
      kind: 'toolUse',
      id,
      name: readString(name) ?? '',
      input: typeof input === 'string' ? parseToolInput(input) : (input ?? {}),
    }
  })
  return [
    ...(reasoning === '' || !request.parameters.reasoning ? [] : [{ kind: 'reasoning', text: reasoning } as const]),
    // Bedrock's answers always have a block.
    ...(text !== '' || calls.length === 0 ? [{ kind: 'text', text } as const] : []),
    ...calls,
  ]
}
