import type { JsonObject, JsonValue } from '../shapes/json.ts'

/** A request and its answer, as a file keeps them. Credentials and account numbers are removed. */
export interface Recording {
  /** ISO 8601. */
  readonly recordedAt: string
  readonly operation: string
  readonly request: RecordedRequest
  readonly response: RecordedResponse
}

export interface RecordedRequest {
  readonly method: string
  /** Raw path with the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Missing if the body is empty. */
  readonly body?: RecordedBody
}

export interface RecordedResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds between the request and the status. */
  readonly afterMs: number
  /** Missing in a stream. */
  readonly body?: RecordedBody
  /** Pieces of a stream. */
  readonly events?: readonly RecordedEvent[]
  /** `reset`: the connection broke. */
  readonly ending?: 'clean' | 'reset'
}

/**
 * Bytes of a body. `json` is a document from which the same bytes can be written: compact, or with `spacing` as Python's
 * json.dumps does. Other bodies are text, or base64 if they are not UTF-8.
 */
export type RecordedBody =
  | { readonly json: JsonValue; readonly spacing?: 'python' }
  | { readonly text: string }
  | { readonly base64: string }

/** A piece of a stream; `atMs` counts from the request. */
export type RecordedEvent = { readonly atMs: number } & RecordedFrame

/** A frame or a server-sent event in the readable form from which the same bytes can be written, or else its bytes in base64. */
export type RecordedFrame =
  | { readonly event: string; readonly payload: JsonObject }
  /** Event `chunk` of InvokeModelWithResponseStream with the decoded document of the model, and the padding. */
  | { readonly chunk: JsonValue; readonly p?: string }
  | { readonly exception: string; readonly payload: JsonObject }
  /** Server-sent event of a door; data that is no JSON is a text. */
  | { readonly name?: string; readonly data: JsonValue }
  | { readonly bytes: string }
