import type { JsonValue } from '../shapes/json.ts'

/** Parses a tool's input from a model's JSON text, which may be invalid. Empty text is an empty input. */
export function parseToolInput(text: string): JsonValue {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return { input: text }
  }
}
