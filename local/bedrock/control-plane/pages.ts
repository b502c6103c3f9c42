import { malformedInput, validationError } from '../messages.ts'

/** Reads an integer; other text stays text, and the shape refuses it. */
export function readInteger(value: string): number | string {
  return /^-?\d{1,9}$/.test(value) ? Number(value) : value
}

/** Writes the token of the page that begins at `start`. `query` is what a page must have in common with the first one. */
export function makeToken(start: number, query: string): string {
  return Buffer.from(`${start} ${query}`).toString('base64url')
}

/** Reads a token. ValidationException for one of another query. */
export function readToken(token: string | null, query: string): number {
  if (token === null) return 0
  const [, start, of] = /^(\d{1,9}) (.*)$/.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? []
  if (start !== undefined && of === query) return Number(start)
  throw validationError(malformedInput('#/nextToken: it is none of this query'))
}
