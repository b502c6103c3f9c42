import { randomBytes } from 'node:crypto'
import { mayBeRounded, parseWithSources } from '@bedrock-functions/runtime/json'
import { isObject } from '../template/json.ts'

/**
 * Step Functions keeps every number of a document as it came. The library that runs the states has JavaScript's numbers only:
 * while it does, a number that these cannot hold is a marked string.
 */
const MARK = `number-${randomBytes(8).toString('hex')}:`

/**
 * Member of an object that stands for the JSON text of its value. The library removes every backslash from the result of
 * States.JsonToString, so a task gets the value itself and its handler writes the text.
 */
export const JSON_TEXT = `json-${randomBytes(8).toString('hex')}`

/** A marked number in JSON text, or in JSON text inside a string of it, as States.JsonToString makes it. */
const MARKED = new RegExp(`(\\\\*)"${MARK}([^"\\\\]+)\\1"`, 'g')

/** Parses JSON and marks the numbers that JavaScript would change. */
export function parseMarked(text: string): unknown {
  return parseWithSources(text, (source, value) => (mayBeRounded(value) ? `${MARK}${source}` : value))
}

/** Writes JSON with each marked number as it came and each value under JSON_TEXT as text. */
export function renderUnmarked(value: unknown): string {
  return JSON.stringify(value, renderText).replaceAll(MARKED, '$2')
}

function renderText(_name: string, value: unknown): unknown {
  return isObject(value) && Object.hasOwn(value, JSON_TEXT) ? JSON.stringify(value[JSON_TEXT]) : value
}
