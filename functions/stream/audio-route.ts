import { SPEECH_OPERATIONS } from '@bedrock-functions/runtime/bedrock'
import { BedrockError, type RestReply, type StreamReply } from '@bedrock-functions/runtime/core'
import type { FunctionRequest, Route } from '@bedrock-functions/runtime/http'
import { chooseEventFormat, collectSpeech, mediaTypesOf } from '@bedrock-functions/runtime/http/stream'
import { replyWithStream, silenceLimitOf } from './reply-with-stream.ts'
import type { StreamDependencies } from './routes.ts'

/** Media types of a WAV file. `audio/wav` is common, `audio/vnd.wave` registered (RFC 2361). */
const WAV_TYPES = ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave']

/** Query parameters of a request whose body is a WAV file, as members of `audioConfig`. */
const QUERY_MEMBERS = ['voiceId', 'sampleRateHertz', 'endpointingSensitivity']

/**
 * Creates the route of one spoken turn. The body is a document in the form of Converse, or a WAV file. The answer is
 * server-sent events, Bedrock's frames if `accept` names them, or a WAV file if `accept` names that.
 */
export function createAudioRoute({ configuration, pipeline }: StreamDependencies): Route<RestReply | StreamReply> {
  const { ConverseAudio: operation } = SPEECH_OPERATIONS
  return {
    operation: 'ConverseAudio',
    ...operation,
    async handle({ request, labels, ...options }) {
      const { accept, ...headers } = request.headers
      const silenceLimitMs = silenceLimitOf(request, configuration)
      const asked = {
        operation: 'ConverseAudio' as const,
        modelId: labels.modelId ?? '',
        headers,
        body: readBody(request),
        caller: request.caller,
        replyHeaders: {},
      }
      const stream = await pipeline.open(asked, { ...options, silenceLimitMs, retry: false })
      const wav = mediaTypesOf(accept).find((type) => WAV_TYPES.includes(type))
      if (wav === undefined) {
        return replyWithStream(stream, chooseEventFormat(accept, operation.streamErrors), silenceLimitMs)
      }
      return collectSpeech(stream, wav, {
        ...stream,
        silenceLimitMs,
        facts: options.facts,
        remainingMs: options.remainingMs(),
      })
    },
  }
}

function readBody({ headers, query, body }: FunctionRequest): Uint8Array {
  const [type = ''] = mediaTypesOf(headers['content-type'])
  if (!WAV_TYPES.includes(type)) return body
  const audio = { format: 'wav', source: { bytes: Buffer.from(body).toString('base64') } }
  const system = query.system === undefined ? {} : { system: [{ text: query.system }] }
  return Buffer.from(
    JSON.stringify({
      messages: [{ role: 'user', content: [{ audio }] }],
      ...system,
      audioConfig: readQuery(query),
    }),
  )
}

function readQuery(query: FunctionRequest['query']): Record<string, unknown> {
  const unknown = Object.keys(query).find((name) => name !== 'system' && !QUERY_MEMBERS.includes(name))
  if (unknown !== undefined) {
    throw new BedrockError(
      'ValidationException',
      `The query parameter ${unknown} is not known. Known parameters are: system, ${QUERY_MEMBERS.join(', ')}.`,
    )
  }
  const { sampleRateHertz, ...others } = Object.fromEntries(
    Object.entries(query).filter(([name]) => QUERY_MEMBERS.includes(name)),
  )
  return { ...others, ...(sampleRateHertz !== undefined && { sampleRateHertz: Number(sampleRateHertz) }) }
}
