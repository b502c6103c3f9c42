import { BedrockError } from '../core/errors.ts'
import { asObject } from './json-document.ts'

/** An object or array on the way through a document. */
interface Level {
  readonly value: object
  readonly name: string
  readonly parent: Level | undefined
}

/**
 * Refuses a document that was parsed before our code saw it and holds a number that a JavaScript number cannot hold: an integer
 * beyond 2^53, or one that became infinite. The parser has already changed it.
 *
 * @param path of the document in its event; empty for the event itself
 * @param advice the end of the message: how the sender keeps the number
 * @throws BedrockError ValidationException that names the number's path
 */
export function assertExactNumbers(document: unknown, path: string, advice: string): void {
  // A stack of our own: the depth is the sender's choice.
  const open: Level[] = []
  const visit = (value: unknown, name: string, parent: Level | undefined): void => {
    if (typeof value === 'object' && value !== null) open.push({ value, name, parent })
    else if (typeof value === 'number' && mayBeRounded(value)) {
      throw new BedrockError(
        'ValidationException',
        `${pathOf(name, parent)} is a number that JSON parsers round (an integer beyond 2^53, or too large): ${advice}.`,
      )
    }
  }
  visit(document, path, undefined)
  for (let level = open.pop(); level; level = open.pop()) {
    for (const [name, value] of Object.entries(level.value)) {
      visit(value, Array.isArray(level.value) ? `[${name}]` : name, level)
    }
  }
}

/**
 * Checks the documents of an event that may also be given as their JSON text.
 *
 * @param members paths of the documents, e.g. `input.converse`
 * @throws BedrockError ValidationException as {@link assertExactNumbers}
 */
export function assertExactMembers(event: unknown, members: readonly string[]): void {
  for (const member of members) {
    const document = member.split('.').reduce<unknown>((value, name) => asObject(value)[name], event)
    assertExactNumbers(document, member, `send ${member} as a string that holds its JSON text`)
  }
}

/** Members of JSON in Node 24 that TypeScript's es2024 does not declare. */
interface JsonWithSources {
  parse(
    text: string,
    reviver: (name: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown
  rawJSON(source: string): unknown
}

const { parse, rawJSON } = JSON as unknown as JsonWithSources

/**
 * Parses JSON with each number as `toValue` makes it.
 *
 * @param toValue gets the number as it is written, and as JavaScript holds it
 */
export function parseWithSources(text: string, toValue: (source: string, value: number) => unknown): unknown {
  return parse(text, (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined ? toValue(source, value) : value,
  )
}

/** Parses JSON so that JSON.stringify writes each number as it came. */
export function parseExactly(text: string): unknown {
  return parseWithSources(text, (source, value) => (String(value) === source ? value : rawJSON(source)))
}

/** Whether a number may be another one than its JSON text said. */
export function mayBeRounded(value: number): boolean {
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))
}

/** Names are the sender's own, and may be long. */
const MAX_PATH_CHARACTERS = 200

function pathOf(name: string, parent: Level | undefined): string {
  let path = name
  for (let level = parent; level; level = level.parent) {
    path = level.name === '' || path.startsWith('[') ? `${level.name}${path}` : `${level.name}.${path}`
  }
  return path.length > MAX_PATH_CHARACTERS ? `${path.slice(0, MAX_PATH_CHARACTERS)}…` : path
}
