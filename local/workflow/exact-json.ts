import { randomBytes } from 'node:crypto'
import { mayBeRounded, parseWithSources } from '@bedrock-functions/runtime/json'

/**
 * Step Functions keeps every number of a document as it came. The library that runs the states has JavaScript's numbers only:
 * while it does, a number that these cannot hold is a marked string.
 */
const MARK = `number-${randomBytes(8).toString('hex')}:`

/** A marked number in JSON text, or in JSON text inside a string of it, as States.JsonToString makes it. */
const MARKED = new RegExp(`(\\\\*)"${MARK}([^"\\\\]+)\\1"`, 'g')

/** Parses JSON and marks the numbers that JavaScript would change. */
export function parseMarked(text: string): unknown {
  return parseWithSources(text, (source, value) => (mayBeRounded(value) ? `${MARK}${source}` : value))
}

/** Writes JSON with each marked number as it came. */
export function renderUnmarked(value: unknown): string {
  return JSON.stringify(value).replaceAll(MARKED, '$2')
}
