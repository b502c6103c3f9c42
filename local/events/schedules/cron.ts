import { Cron } from 'croner'

/** Returns the next run after `time`, both in milliseconds since 1970; undefined when there is none. */
export type NextRun = (time: number) => number | undefined

const FIELD_NAMES = ['minutes', 'hours', 'day of month', 'month', 'day of week', 'year'] as const
const EVERY_MINUTE = ['*', '*', '*', '*', '*', '*']

/** Values that croner takes and EventBridge refuses. */
const REFUSED: Readonly<Partial<Record<(typeof FIELD_NAMES)[number], RegExp>>> = {
  minutes: /\?/,
  hours: /\?/,
  month: /\?/,
  // Days are 1 to 7.
  'day of week': /(^|[,-])[089]/,
  // Years are 1970 to 2199.
  year: /\?|(?<!\/)\b(?!19[7-9]\d\b|2[01]\d\d\b)\d+/,
}

/**
 * Parses EventBridge's six fields: minutes, hours, day of month, month, day of week, year; in UTC. Throws an Error that
 * names the wrong field. croner computes the times. Source: EventBridge User Guide, "Cron expressions".
 */
export function parseCron(expression: string): NextRun {
  const fields = expression.trim().split(/\s+/)
  if (fields.length !== FIELD_NAMES.length) throw new Error('a cron expression has six fields')
  if ((fields[2] === '?') === (fields[4] === '?')) {
    throw new Error('exactly one of day of month and day of week is ?')
  }
  for (const [index, name] of FIELD_NAMES.entries()) checkField(name, index, fields[index] ?? '')
  const cron = createCron(fields)
  return (time) => cron.nextRun(new Date(time))?.getTime()
}

function checkField(name: (typeof FIELD_NAMES)[number], index: number, field: string): void {
  const wrong = `${name}: ${field} is not understood`
  if (REFUSED[name]?.test(field)) throw new Error(wrong)
  try {
    createCron(EVERY_MINUTE.with(index, field))
  } catch (cause) {
    throw new Error(wrong, { cause })
  }
}

function createCron([minutes, hours, dayOfMonth, month, dayOfWeek, year]: readonly string[]): Cron {
  // L alone is Saturday; croner takes L only behind a day.
  const weekday = dayOfWeek === 'L' ? '7' : dayOfWeek
  return new Cron(`0 ${minutes} ${hours} ${dayOfMonth} ${month} ${weekday} ${year}`, {
    mode: '7-part',
    // 1 is Sunday.
    alternativeWeekdays: true,
    // A step may follow a single number: 0/15.
    sloppyRanges: true,
    utcOffset: 0,
  })
}
