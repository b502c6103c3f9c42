import { BedrockError } from '../core/errors.ts'
import { asObject } from './json-document.ts'

/** Object or array on the path to the current value. */
interface Level {
  readonly value: object
  readonly name: string
  readonly parent: Level | undefined
}

/**
 * Refuses a parsed document with a number that JavaScript cannot represent: an integer beyond 2^53, or a number that became
 * infinite. Lambda parsed the document before our code got it, so the number has already changed.
 *
 * @param path path of the document in its event; empty for the event itself
 * @param advice end of the message: how the sender can keep the number
 * @throws BedrockError ValidationException that names the number's path
 */
export function assertExactNumbers(document: unknown, path: string, advice: string): void {
  // Its own stack, not recursion: the sender chooses the depth.
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
 * Refuses inexact numbers in those documents of an event that may also be given as JSON text.
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
 * Parses JSON and converts each number.
 *
 * @param toValue gets the text of the number and its JavaScript value, and returns the value to use
 */
export function parseWithSources(text: string, toValue: (source: string, value: number) => unknown): unknown {
  return parse(text, (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined ? toValue(source, value) : value,
  )
}

/** Parses JSON so that JSON.stringify writes each number exactly as it was written. */
export function parseExactly(text: string): unknown {
  return parseWithSources(text, (source, value) => (String(value) === source ? value : rawJSON(source)))
}

/** Tests whether a number may differ from its JSON text. */
export function mayBeRounded(value: number): boolean {
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))
}

/** Limit of a path in messages: the sender chooses the names, which may be long. */
const MAX_PATH_CHARACTERS = 200

function pathOf(name: string, parent: Level | undefined): string {
  let path = name
  for (let level = parent; level; level = level.parent) {
    path = level.name === '' || path.startsWith('[') ? `${level.name}${path}` : `${level.name}.${path}`
  }
  return path.length > MAX_PATH_CHARACTERS ? `${path.slice(0, MAX_PATH_CHARACTERS)}…` : path
}
