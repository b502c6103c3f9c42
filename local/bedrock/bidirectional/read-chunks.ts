import type { Readable } from 'node:stream'
import {
  type Frame,
  FrameError,
  FrameReader,
  readEventHead,
  readHeaders,
} from '@bedrock-functions/runtime/event-stream'
import { validationError } from '../messages.ts'
import { isBase64 } from '../shapes/decode-base64.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { readString } from '../shapes/read-json.ts'
import { sessionMessages } from './messages.ts'

/** Source: the service model, PartBody. */
const MAX_CHUNK_BYTES = 1_000_000

/** Numbers of header types in the specification of event streams. */
const BYTES_TYPE = 6
const TIMESTAMP_TYPE = 8

/** A SHA-256 HMAC. */
const SIGNATURE_BYTES = 32

/**
 * Documents inside the events `chunk` of a request. SDKs put each event into a signed frame, and a signed frame without
 * content ends the stream. The signature is not verified, as in every operation here; an event without it is accepted too,
 * because clients with a bearer token have nothing to sign with.
 *
 * ValidationException for bytes that are not such frames. The request stays open, since its answer needs the connection.
 */
export async function* readChunks(input: Readable): AsyncGenerator<JsonObject> {
  const reader = new FrameReader()
  for await (const bytes of input.iterator({ destroyOnReturn: false })) {
    const frames: Frame[] = []
    const failure = pushFrames(reader, bytes, frames)
    for (const frame of frames) {
      const event = openEnvelope(frame)
      if (event === undefined) return
      yield readChunk(event)
    }
    if (failure) throw failure
  }
  const { incompleteBytes } = reader
  if (incompleteBytes > 0) {
    throw validationError(sessionMessages.frame(`it ended inside a frame, of which ${incompleteBytes} bytes came`))
  }
}

/** Adds the complete frames, and returns the error of the bytes behind them. */
function pushFrames(reader: FrameReader, bytes: Buffer, frames: Frame[]): Error | undefined {
  try {
    reader.push(bytes, frames)
    return undefined
  } catch (error) {
    return toRefusal(error)
  }
}

/** Returns the event inside a signed frame, or one without a signature; undefined for the frame that ends the stream. */
function openEnvelope(frame: Frame): Frame | undefined {
  return refuseBadFrames(() => {
    const headers = readHeaders(frame.headers)
    const signature = headers.get(':chunk-signature')
    if (signature === undefined) return frame
    if (signature.type !== BYTES_TYPE || signature.value.length !== SIGNATURE_BYTES) {
      throw new FrameError(`a :chunk-signature is not ${SIGNATURE_BYTES} bytes long`)
    }
    if (headers.get(':date')?.type !== TIMESTAMP_TYPE) throw new FrameError('a signed frame has no timestamp :date')
    if (frame.payload.length === 0) return undefined
    const [inner, ...others] = new FrameReader().push(frame.payload)
    if (inner === undefined || others.length > 0) throw new FrameError('a signed frame does not hold one event')
    return inner
  })
}

function readChunk({ headers, payload }: Frame): JsonObject {
  const { kind, name } = refuseBadFrames(() => readEventHead(headers))
  if (kind !== 'event' || name !== 'chunk') {
    throw validationError(sessionMessages.frame(`${kind} ${name.slice(0, 50)} in place of the event chunk`))
  }
  const encoded = readString(parseJsonObject(payload).bytes)
  if (encoded === undefined || !isBase64(encoded)) {
    throw validationError(sessionMessages.frame('a chunk has no bytes in base64'))
  }
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length > MAX_CHUNK_BYTES) {
    throw validationError(sessionMessages.chunkTooLarge(bytes.length, MAX_CHUNK_BYTES))
  }
  return parseJsonObject(bytes)
}

function refuseBadFrames<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw toRefusal(error)
  }
}

function toRefusal(error: unknown): Error {
  if (error instanceof FrameError) return validationError(sessionMessages.frame(error.message))
  throw error
}
