import { randomInt } from 'node:crypto'

/** Base-36 digits of the time in milliseconds; enough until the year 2059. */
const TIME_DIGITS = 8
const RANDOM_DIGITS = 4
const BASE = 36
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

export const JOB_ID = /^[a-z0-9]{12}$/

/**
 * Creates an id that sorts by time: 8 digits of the time and 4 random digits. It has the form of Bedrock's ids, 12 lower-case
 * letters and digits.
 *
 * @param now milliseconds since 1970
 */
export function createJobId(now: number): string {
  return (
    timeDigits(now) +
    randomInt(BASE ** RANDOM_DIGITS)
      .toString(BASE)
      .padStart(RANDOM_DIGITS, '0')
  )
}

/** Returns the lowest id of a millisecond. */
export function firstIdAt(time: number): string {
  return timeDigits(time) + '0'.repeat(RANDOM_DIGITS)
}

/** Returns the highest id of a millisecond. */
export function lastIdAt(time: number): string {
  return timeDigits(time) + 'z'.repeat(RANDOM_DIGITS)
}

/** Returns the time of an id in milliseconds since 1970. */
export function timeOfJobId(id: string): number {
  return Number.parseInt(id.slice(0, TIME_DIGITS), BASE)
}

/**
 * Replaces each digit by its complement, so that S3 lists the newest job first: S3 lists in ascending order only. A second
 * call restores the id. It also works on the beginning of an id.
 */
export function invertId(id: string): string {
  let inverted = ''
  // A loop, since a listing calls this for thousands of keys.
  for (const digit of id) inverted += DIGITS[BASE - 1 - DIGITS.indexOf(digit)]
  return inverted
}

function timeDigits(time: number): string {
  const max = BASE ** TIME_DIGITS - 1
  return Math.min(Math.max(Math.trunc(time), 0), max)
    .toString(BASE)
    .padStart(TIME_DIGITS, '0')
}
