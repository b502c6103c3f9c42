import type { JsonValue } from '../shapes/json.ts'

/** A tool's input out of JSON text, which a model may have got wrong; no text at all is an input without members. */
export function parseToolInput(text: string): JsonValue {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return { input: text }
  }
}
