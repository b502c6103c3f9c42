import { randomBytes } from 'node:crypto'

/** Makes an id of OpenAI's form, e.g. `chatcmpl-0123…`. */
export function createId(prefix: string): string {
  return `${prefix}${randomBytes(16).toString('hex')}`
}

/** Seconds since 1970, the unit of `created` in OpenAI's objects. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1_000)
}
