import type { JsonObject } from '../shapes/json.ts'
import { readObject } from '../shapes/read-json.ts'

/** Schema of an answer that must be a JSON object, of whatever members. */
const ANY_OBJECT: JsonObject = { type: 'object', properties: { answer: { type: 'string' } } }

/**
 * Reads the schema of a structured output from the members of a native body: Claude's `output_config.format` and
 * `output_format`, and the `response_format` of chat completions, Mistral and Cohere.
 */
export function readOutputFormat(body: JsonObject | undefined): JsonObject | undefined {
  const format =
    readObject(readObject(body?.output_config)?.format) ??
    readObject(body?.output_format) ??
    readObject(body?.response_format)
  const schema = readObject(format?.schema) ?? readObject(readObject(format?.json_schema)?.schema)
  return schema ?? (format?.type === 'json_object' ? ANY_OBJECT : undefined)
}
