/** What a field of a cron expression may hold. */
interface FieldRange {
  readonly name: string
  readonly first: number
  readonly last: number
  /** Other words for `first`, `first + 1`, … */
  readonly names?: readonly string[]
}

const MINUTES: FieldRange = { name: 'minutes', first: 0, last: 59 }
const HOURS: FieldRange = { name: 'hours', first: 0, last: 23 }
const DAYS_OF_MONTH: FieldRange = { name: 'day of month', first: 1, last: 31 }
const MONTHS: FieldRange = {
  name: 'month',
  first: 1,
  last: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
}
const DAYS_OF_WEEK: FieldRange = {
  name: 'day of week',
  first: 1,
  last: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
}
const YEARS: FieldRange = { name: 'year', first: 1970, last: 2199 }

const DAY_MILLISECONDS = 86_400_000

/** Whether a day of a month is meant. */
type DayTest = (day: Day) => boolean

interface Day {
  readonly dayOfMonth: number
  /** 1 is Sunday. */
  readonly dayOfWeek: number
  readonly daysInMonth: number
}

/** The time of the next run after `time`, both in milliseconds since 1970; undefined when there is none. */
export type NextRun = (time: number) => number | undefined

/**
 * Reads EventBridge's six fields: minutes, hours, day of month, month, day of week, year; in UTC. Throws an Error that
 * says what is wrong. Source: EventBridge User Guide, "Cron expressions".
 */
export function parseCron(fields: string): NextRun {
  const [minuteText = '', hourText = '', dayText = '', monthText = '', weekdayText = '', yearText = '', ...rest] =
    fields.trim().split(/\s+/)
  if (yearText === '' || rest.length > 0) throw new Error('a cron expression has six fields')
  if ((dayText === '?') === (weekdayText === '?')) {
    throw new Error('exactly one of day of month and day of week is ?')
  }
  const minutes = [...parseValues(minuteText, MINUTES)].sort((one, other) => one - other)
  const hours = [...parseValues(hourText, HOURS)].sort((one, other) => one - other)
  const months = parseValues(monthText, MONTHS)
  const years = parseValues(yearText, YEARS)
  const isDay = weekdayText === '?' ? parseDaysOfMonth(dayText) : parseDaysOfWeek(weekdayText)

  return (time) => {
    for (let day = Math.floor(time / DAY_MILLISECONDS) * DAY_MILLISECONDS; ; day += DAY_MILLISECONDS) {
      const date = new Date(day)
      if (date.getUTCFullYear() > YEARS.last) return undefined
      if (!years.has(date.getUTCFullYear()) || !months.has(date.getUTCMonth() + 1) || !isDay(describeDay(date)))
        continue
      for (const hour of hours) {
        for (const minute of minutes) {
          const run = day + (hour * 60 + minute) * 60_000
          if (run > time) return run
        }
      }
    }
  }
}

function describeDay(date: Date): Day {
  return {
    dayOfMonth: date.getUTCDate(),
    dayOfWeek: date.getUTCDay() + 1,
    daysInMonth: new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  }
}

/** `*`, values, ranges, and steps from a value or within a range, in a list. */
function parseValues(text: string, field: FieldRange): Set<number> {
  const values = new Set<number>()
  for (const item of text.split(',')) {
    const [span = '', stepText, ...rest] = item.split('/')
    const step = stepText === undefined ? 1 : Number(stepText)
    if (rest.length > 0 || !Number.isInteger(step) || step < 1) throw wrongField(field, item)
    const [first, last] = parseSpan(span, field, stepText !== undefined)
    for (let value = first; value <= last; value += step) values.add(value)
  }
  return values
}

function parseSpan(span: string, field: FieldRange, isStepped: boolean): [number, number] {
  if (span === '*') return [field.first, field.last]
  const [from = '', to, ...rest] = span.split('-')
  if (rest.length > 0) throw wrongField(field, span)
  const first = parseValue(from, field)
  if (to === undefined) return [first, isStepped ? field.last : first]
  const last = parseValue(to, field)
  if (last < first) throw wrongField(field, span)
  return [first, last]
}

function parseValue(text: string, field: FieldRange): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1
  if (named >= 0) return field.first + named
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= field.first && value <= field.last)) throw wrongField(field, text)
  return value
}

function wrongField({ name }: FieldRange, text: string): Error {
  return new Error(`${name}: ${text} is not understood`)
}

/** Also `L`, the last day, and `15W`, the weekday nearest to the 15th within its month. */
function parseDaysOfMonth(text: string): DayTest {
  if (text === 'L') return ({ dayOfMonth, daysInMonth }) => dayOfMonth === daysInMonth
  const nearest = /^(\d+)W$/.exec(text)?.[1]
  if (nearest !== undefined) {
    const wanted = parseValue(nearest, DAYS_OF_MONTH)
    return (day) => day.dayOfMonth === nearestWeekday(wanted, day)
  }
  const days = parseValues(text, DAYS_OF_MONTH)
  return ({ dayOfMonth }) => days.has(dayOfMonth)
}

/** The day of `day`'s month that `wanted` moves to when it is a Saturday or a Sunday; undefined where it does not exist. */
function nearestWeekday(wanted: number, { dayOfMonth, dayOfWeek, daysInMonth }: Day): number | undefined {
  if (wanted > daysInMonth) return undefined
  const weekday = ((((dayOfWeek - 1 + wanted - dayOfMonth) % 7) + 7) % 7) + 1
  if (weekday === 7) return wanted > 1 ? wanted - 1 : wanted + 2
  if (weekday === 1) return wanted < daysInMonth ? wanted + 1 : wanted - 2
  return wanted
}

/** Also `L`, Saturday; `5L`, the month's last Thursday; `3#2`, its second Tuesday. */
function parseDaysOfWeek(text: string): DayTest {
  if (text === 'L') return ({ dayOfWeek }) => dayOfWeek === DAYS_OF_WEEK.last
  const last = /^(\w+)L$/.exec(text)?.[1]
  if (last !== undefined) {
    const wanted = parseValue(last, DAYS_OF_WEEK)
    return ({ dayOfMonth, dayOfWeek, daysInMonth }) => dayOfWeek === wanted && dayOfMonth > daysInMonth - 7
  }
  const [, name, instance] = /^(\w+)#([1-5])$/.exec(text) ?? []
  if (name !== undefined) {
    const wanted = parseValue(name, DAYS_OF_WEEK)
    return ({ dayOfMonth, dayOfWeek }) => dayOfWeek === wanted && Math.ceil(dayOfMonth / 7) === Number(instance)
  }
  const days = parseValues(text, DAYS_OF_WEEK)
  return ({ dayOfWeek }) => days.has(dayOfWeek)
}
