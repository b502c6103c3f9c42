import type { JsonObject } from '../../shapes/json.ts'
import type { S3Location } from '../s3-location.ts'

/** Models that share a form of input and a layout of output. */
export interface AsyncFamily {
  /** ValidationException for an input that the model would not begin with. */
  check(modelInput: JsonObject): void
  /** The files of a successful invocation, manifest left aside: the same ones for the same input. */
  render(modelInput: JsonObject, context: OutputContext): readonly OutputFile[]
}

export interface OutputContext {
  /** Where the files will lie. */
  readonly folder: S3Location
}

export interface OutputFile {
  /** Behind the folder. */
  readonly name: string
  readonly contentType: string
  readonly body: string | Uint8Array
}

export function jsonFile(name: string, content: JsonObject): OutputFile {
  return { name, contentType: 'application/json', body: JSON.stringify(content) }
}

export function jsonLinesFile(name: string, lines: readonly JsonObject[]): OutputFile {
  return {
    name,
    contentType: 'application/jsonl',
    body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  }
}
