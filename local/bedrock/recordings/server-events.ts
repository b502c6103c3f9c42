import { isJsonObject, type JsonValue } from '../shapes/json.ts'
import { decodeText, parseJson } from './bodies.ts'
import type { RecordedFrame } from './recording.ts'
import type { SecretRemover } from './remove-secrets.ts'

const NEWLINE = 0x0a

/** Last events of streams that failed: those of Anthropic's and OpenAI's contracts. */
const FAILURES: readonly (string | undefined)[] = ['error', 'response.failed']

/** Describes a server-sent event without its secrets, in a readable form if that restores the same bytes. */
export function describeServerEvent(bytes: Buffer, secrets: SecretRemover): RecordedFrame {
  const cleaned = secrets.removeFromBytes(bytes)
  const form = readForm(cleaned)
  return form && restoreServerEvent(form).equals(cleaned) ? form : { bytes: cleaned.toString('base64') }
}

type ServerEvent = Extract<RecordedFrame, { readonly data: JsonValue }>

function readForm(bytes: Buffer): ServerEvent | undefined {
  const [, name, data] = /^(?:event: (.*)\n)?data: (.*)\n\n$/.exec(decodeText(bytes) ?? '') ?? []
  if (data === undefined) return undefined
  return { ...(name !== undefined && { name }), data: parseJson(data) ?? data }
}

export function restoreServerEvent({ name, data }: ServerEvent): Buffer {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return Buffer.from(`${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`)
}

/** True for the last event of a stream that failed. */
export function isFailure(frame: RecordedFrame): boolean {
  if ('exception' in frame) return true
  return (
    'data' in frame && (FAILURES.includes(frame.name) || (isJsonObject(frame.data) && isJsonObject(frame.data.error)))
  )
}

/** Splits bytes into server-sent events. An event has an empty line at its end; the rest without one is kept as bytes. */
export function createServerEventSplitter(secrets: SecretRemover) {
  let rest: Buffer = Buffer.alloc(0)
  return {
    push(chunk: Buffer): RecordedFrame[] {
      // Only the last byte of the rest can belong to an end that this chunk completes.
      let searched = Math.max(0, rest.length - 1)
      rest = Buffer.concat([rest, chunk])
      const found: RecordedFrame[] = []
      for (let end = rest.indexOf('\n\n', searched); end !== -1; end = rest.indexOf('\n\n')) {
        let length = end + 2
        while (rest[length] === NEWLINE) length += 1
        found.push(describeServerEvent(rest.subarray(0, length), secrets))
        rest = rest.subarray(length)
        searched = 0
      }
      return found
    },
    end(): RecordedFrame[] {
      return rest.length === 0 ? [] : [{ bytes: secrets.removeFromBytes(rest).toString('base64') }]
    },
  }
}
