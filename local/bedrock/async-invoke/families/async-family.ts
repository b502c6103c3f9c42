import type { JsonObject } from '../../shapes/json.ts'
import type { S3Location } from '../s3-location.ts'

/** Models with the same input form and output layout. */
export interface AsyncFamily {
  /** Checks an input. ValidationException for one that the model refuses at the start. */
  check(modelInput: JsonObject): void
  /** Renders the files of a successful invocation, without the manifest. The same input gives the same files. */
  render(modelInput: JsonObject, context: OutputContext): readonly OutputFile[]
}

export interface OutputContext {
  /** Folder of the files. */
  readonly folder: S3Location
}

export interface OutputFile {
  /** Name within the folder. */
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
