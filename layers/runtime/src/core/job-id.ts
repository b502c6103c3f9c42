import { randomInt } from 'node:crypto'

/** Base-36 digits of the time in milliseconds: enough until the year 2059. */
const TIME_DIGITS = 8
const RANDOM_DIGITS = 4
const BASE = 36
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

export const JOB_ID = /^[a-z0-9]{12}$/

/** Twelve lower-case alphanumerics, as Bedrock's own, that sort by time: 8 of the time and 4 random ones. */
export function createJobId(now: number): string {
  return (
    timeDigits(now) +
    randomInt(BASE ** RANDOM_DIGITS)
      .toString(BASE)
      .padStart(RANDOM_DIGITS, '0')
  )
}

/** The least id of that millisecond. */
export function firstIdAt(time: number): string {
  return timeDigits(time) + '0'.repeat(RANDOM_DIGITS)
}

/** The greatest id of that millisecond. */
export function lastIdAt(time: number): string {
  return timeDigits(time) + 'z'.repeat(RANDOM_DIGITS)
}

/** Milliseconds since 1970. */
export function timeOfJobId(id: string): number {
  return Number.parseInt(id.slice(0, TIME_DIGITS), BASE)
}

/**
 * Each digit's complement, so that S3, which lists in ascending order only, lists the newest first. Its own inverse; works
 * on a beginning of an id, too.
 */
export function invertId(id: string): string {
  let inverted = ''
  // A listing does this for thousands of keys.
  for (const digit of id) inverted += DIGITS[BASE - 1 - DIGITS.indexOf(digit)]
  return inverted
}

function timeDigits(time: number): string {
  const most = BASE ** TIME_DIGITS - 1
  return Math.min(Math.max(Math.trunc(time), 0), most)
    .toString(BASE)
    .padStart(TIME_DIGITS, '0')
}
