import type { BedrockError } from '@bedrock-functions/runtime/core'
import type { StreamFormat } from '../operations/operation.ts'
import type { JsonObject } from '../shapes/json.ts'

/** Form of a stream of server-sent events (WHATWG HTML, 9.2). */
export interface EventFormatOptions {
  /** Event for a failure after the first byte. */
  renderError(error: BedrockError): { readonly name: string; readonly payload: JsonObject }
  /** Data after the last event of a whole answer. */
  readonly last?: string
}

export function createEventFormat({ renderError, last }: EventFormatOptions): StreamFormat {
  return {
    contentType: 'text/event-stream',
    encode: ({ name, payload }) => encode(name, JSON.stringify(payload)),
    encodeError(error) {
      const { name, payload } = renderError(error)
      return encode(name, JSON.stringify(payload))
    },
    ...(last !== undefined && { end: encode('', last) }),
  }
}

function encode(name: string, data: string): Buffer {
  return Buffer.from(`${name === '' ? '' : `event: ${name}\n`}data: ${data}\n\n`)
}
