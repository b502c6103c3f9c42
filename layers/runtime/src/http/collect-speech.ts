import '../core/index.ts'
import { writeWav } from '../bedrock/speech/read-audio.ts'
import { errorTypeOf, RestError, type RestReply, statusOfType } from '../core/errors.ts'
import { type Facts, type Sink, type StreamEnd, summarizeUsage } from '../core/model-call.ts'
import { readEventHead } from '../event-stream/frame-codec.ts'
import type { Frame, FrameSource } from '../event-stream/frames.ts'
import type { StreamFormat } from '../event-stream/stream-format.ts'
import { asObject, parseObject } from '../json/json-document.ts'
import { type ForwardOptions, forwardStream } from './forward-stream.ts'

export interface CollectOptions extends Omit<ForwardOptions, 'format' | 'heartbeatMs'> {
  readonly facts: Facts
}

/** Stream of a spoken turn, and what must be called at its end. */
export interface SpeechStream {
  readonly source: FrameSource
  readonly headers: Readonly<Record<string, string>>
  readonly ended: (end: StreamEnd) => void
}

/**
 * Reads the stream of a spoken turn to its end and makes a WAV file of its speech.
 *
 * @param contentType media type of the answer
 * @throws RestError for a stream that fails or is cut off, and for an answer without speech, such as the use of a tool
 */
export async function collectSpeech(
  { source, headers, ended }: SpeechStream,
  contentType: string,
  { facts, ...options }: CollectOptions,
): Promise<RestReply> {
  const speech = new SpeechCollector()
  const end = await forwardStream(source, IGNORING_SINK, { ...options, format: speech, heartbeatMs: 60_000 })
  ended(end)
  Object.assign(facts, summarizeUsage(end.usage))
  if (speech.failure) throw speech.failure
  return {
    statusCode: 200,
    headers: { ...headers, 'content-type': contentType },
    body: writeWav({ sampleRateHertz: speech.sampleRateHertz, samples: Buffer.concat(speech.samples) }),
  }
}

/** Sink of a stream whose format keeps what it needs. */
const IGNORING_SINK = {
  write: () => true,
  end() {},
  on() {},
} as unknown as Sink

class SpeechCollector implements StreamFormat {
  readonly contentType = 'audio/wav'
  readonly headers = {}
  readonly heartbeat = undefined
  readonly samples: Buffer[] = []
  sampleRateHertz = 0
  #failure: RestError | undefined

  get failure(): RestError | undefined {
    if (this.#failure || this.samples.length > 0) return this.#failure
    return failureOf('ModelErrorException', 'The answer has no speech. Ask for server-sent events to see it.')
  }

  encode(frames: readonly Frame[]): Buffer {
    for (const { headers, payload } of frames) {
      const { kind, name, errorMessage } = readEventHead(headers)
      const document = parseObject(payload)
      if (kind !== 'event') {
        this.#failure = failureOf(errorTypeOf(name), errorMessage ?? String(document.message ?? ''))
      } else if (name === 'contentBlockStart') {
        const { sampleRateHertz } = asObject(asObject(document.start).audio)
        if (typeof sampleRateHertz === 'number') this.sampleRateHertz = sampleRateHertz
      } else if (name === 'contentBlockDelta') {
        const { bytes } = asObject(asObject(asObject(document.delta).audio).source)
        if (typeof bytes === 'string') this.samples.push(Buffer.from(bytes, 'base64'))
      }
    }
    return Buffer.alloc(0)
  }

  encodeError(type: string, message: string): Buffer {
    this.#failure = failureOf(type, message)
    return Buffer.alloc(0)
  }
}

function failureOf(type: string, message: string): RestError {
  return new RestError(type, statusOfType(type), message)
}
