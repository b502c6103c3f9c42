import { isJsonObject, type JsonObject, type JsonValue } from '../shapes/json.ts'
import { readList, readNumber, readObject, readString, readStrings } from '../shapes/read-json.ts'

/** Deeper schemas are recursive and endless. */
const MAX_DEPTH = 8

/** Makes an instance of a JSON schema: required properties (or all, when none is required), with values from the prompt. */
export function fillSchema(schema: JsonObject, prompt: string): JsonValue {
  return fill(schema, 'value', prompt, 0)
}

type Filler = (schema: JsonObject, name: string, prompt: string, depth: number) => JsonValue

const FILLERS: Readonly<Record<string, Filler>> = {
  object: fillObject,
  array: (schema, name, prompt, depth) =>
    Array.from({ length: Math.min(readNumber(schema.minItems) ?? 1, 10) }, () =>
      fill(readObject(schema.items) ?? {}, name, prompt, depth + 1),
    ),
  string: (schema, name, prompt) => fitLength(chooseString(name, prompt), schema),
  integer: (schema, _name, prompt) => Math.round(chooseNumber(schema, prompt)),
  number: (schema, _name, prompt) => chooseNumber(schema, prompt),
  boolean: () => true,
  null: () => null,
}

function fill(schema: JsonObject, name: string, prompt: string, depth: number): JsonValue {
  if (schema.const !== undefined) return schema.const
  const [firstValue] = readList(schema.enum)
  if (firstValue !== undefined) return mentionedValue(readStrings(schema.enum), prompt) ?? firstValue
  if (schema.default !== undefined) return schema.default
  const [alternative] = [...readList(schema.anyOf), ...readList(schema.oneOf)]
  if (isJsonObject(alternative)) return depth < MAX_DEPTH ? fill(alternative, name, prompt, depth + 1) : null
  const type = readString(schema.type) ?? readStrings(schema.type)[0] ?? (schema.properties ? 'object' : 'string')
  const filler = Object.hasOwn(FILLERS, type) ? FILLERS[type] : undefined
  return filler && depth < MAX_DEPTH ? filler(schema, name, prompt, depth) : null
}

function fillObject(schema: JsonObject, _name: string, prompt: string, depth: number): JsonObject {
  const properties = readObject(schema.properties) ?? {}
  const required = readStrings(schema.required)
  const names = required.length > 0 ? required : Object.keys(properties)
  return Object.fromEntries(
    names.map((name) => {
      const property = Object.hasOwn(properties, name) ? readObject(properties[name]) : undefined
      return [name, fill(property ?? {}, name, prompt, depth + 1)]
    }),
  )
}

/** Finds an enum value that the prompt contains. */
function mentionedValue(values: readonly string[], prompt: string): string | undefined {
  const spoken = prompt.toLowerCase()
  return values.find((value) => value !== '' && spoken.includes(value.toLowerCase()))
}

const PLACE = /city|location|place|town|country|destination|origin|address/i

/** Words that begin a sentence, not a name. */
const NOT_A_NAME =
  /^(What|Where|When|Who|Why|How|Which|Is|Are|Do|Does|Can|Could|Please|Use|Using|Call|Get|Tell|Show|The|In|For|It|I|My|And|Then|Look|Find|Give|Check|Search|Will|Would|Should|Let|Now|Today|Fetch|Run|Ask)$/

function chooseString(name: string, prompt: string): string {
  if (!PLACE.test(name)) return prompt.trim().replaceAll(/\s+/g, ' ').slice(0, 200) || name
  const words = prompt.match(/\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)*/gu) ?? []
  const names = words.map((word) =>
    word
      .split(' ')
      .filter((part) => !NOT_A_NAME.test(part))
      .join(' '),
  )
  return (
    names.find((candidate) => candidate !== '') ??
    (prompt.match(/[\p{Script=Han}\p{Script=Katakana}ー]+/u)?.[0] || 'Tokyo')
  )
}

function fitLength(text: string, schema: JsonObject): string {
  const maximum = readNumber(schema.maxLength) ?? text.length
  return text.slice(0, maximum).padEnd(Math.min(readNumber(schema.minLength) ?? 0, 1_000), '.')
}

function chooseNumber(schema: JsonObject, prompt: string): number {
  const minimum = readNumber(schema.minimum) ?? Number.NEGATIVE_INFINITY
  const maximum = readNumber(schema.maximum) ?? Number.POSITIVE_INFINITY
  const mentioned = Number(prompt.match(/-?\d{1,12}(\.\d{1,6})?/)?.[0] ?? 1)
  return Math.min(Math.max(mentioned, minimum), maximum)
}
