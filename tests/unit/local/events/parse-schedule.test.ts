import { parseSchedule } from '../../../../local/events/schedules/parse-schedule.ts'

const at = (text: string) => Date.parse(`${text}Z`)
const render = (time: number | undefined) =>
  time === undefined ? undefined : new Date(time).toISOString().replace(':00.000Z', '')

/** Returns the next `count` runs after `from`. */
function runs(expression: string, from: string, count: number): (string | undefined)[] {
  const next = parseSchedule(expression, 'Rule')(at(from))
  const found: (string | undefined)[] = []
  for (let time: number | undefined = at(from); found.length < count; ) {
    time = time === undefined ? undefined : next(time)
    found.push(render(time))
  }
  return found
}

test.each([
  ['rate(1 minute)', '2026-01-01T00:00:30', ['2026-01-01T00:01:30.000Z', '2026-01-01T00:02:30.000Z']],
  ['rate(5 minutes)', '2026-01-01T00:00', ['2026-01-01T00:05', '2026-01-01T00:10']],
  ['rate(1 hour)', '2026-01-01T00:00', ['2026-01-01T01:00', '2026-01-01T02:00']],
  ['rate(7 days)', '2026-01-01T00:00', ['2026-01-08T00:00', '2026-01-15T00:00']],
])('%s runs at multiples of its period after the start', (expression, from, expected) => {
  expect(runs(expression, from, 2)).toEqual(expected)
})

// The documentation's examples, and one for each wildcard.
test.each([
  ['cron(0 10 * * ? *)', '2026-01-01T10:00', ['2026-01-02T10:00', '2026-01-03T10:00']],
  ['cron(15 12 * * ? *)', '2026-01-01T12:00', ['2026-01-01T12:15', '2026-01-02T12:15']],
  ['cron(0 18 ? * MON-FRI *)', '2026-01-01T18:00', ['2026-01-02T18:00', '2026-01-05T18:00']],
  ['cron(0 8 1 * ? *)', '2026-01-15T00:00', ['2026-02-01T08:00', '2026-03-01T08:00']],
  ['cron(0/15 * * * ? *)', '2026-01-01T23:40', ['2026-01-01T23:45', '2026-01-02T00:00']],
  ['cron(0/10 * ? * MON-FRI *)', '2026-01-02T23:50', ['2026-01-05T00:00', '2026-01-05T00:10']],
  ['cron(0/5 8-17 ? * MON-FRI *)', '2026-01-02T17:50', ['2026-01-02T17:55', '2026-01-05T08:00']],
  ['cron(0 9 ? * 2#1 *)', '2026-01-01T00:00', ['2026-01-05T09:00', '2026-02-02T09:00']],
  ['cron(0 9 ? * 5L *)', '2026-01-01T00:00', ['2026-01-29T09:00', '2026-02-26T09:00']],
  ['cron(0 9 ? * L *)', '2026-01-01T00:00', ['2026-01-03T09:00', '2026-01-10T09:00']],
  ['cron(0 0 L * ? *)', '2026-01-31T00:00', ['2026-02-28T00:00', '2026-03-31T00:00']],
  // The 31st is a Saturday in January and a Sunday in May; February has none.
  ['cron(0 0 31W * ? *)', '2026-01-01T00:00', ['2026-01-30T00:00', '2026-03-31T00:00', '2026-05-29T00:00']],
  ['cron(0 0 1W * ? *)', '2026-01-31T00:00', ['2026-02-02T00:00', '2026-03-02T00:00', '2026-04-01T00:00']],
  ['cron(0 0 29 2 ? *)', '2026-01-01T00:00', ['2028-02-29T00:00', '2032-02-29T00:00']],
  ['cron(30,0 6,5 1 jan,JUL ? *)', '2026-01-01T05:15', ['2026-01-01T05:30', '2026-01-01T06:00']],
  ['cron(0 0 1 1 ? 2026-2030/2)', '2026-06-01T00:00', ['2028-01-01T00:00', '2030-01-01T00:00', undefined]],
  ['cron(0 0 31 2 ? *)', '2026-01-01T00:00', [undefined]],
  ['cron(0 9 ? * FRIL *)', '2026-01-30T09:00', ['2026-02-27T09:00']],
  ['cron(0 9 ? * SUN,7 *)', '2026-01-01T00:00', ['2026-01-03T09:00', '2026-01-04T09:00']],
  ['cron(0 0 ? * 5/2 *)', '2026-01-01T00:00', ['2026-01-03T00:00', '2026-01-08T00:00']],
  ['cron(0 0 1 1 ? 2199)', '2026-01-01T00:00', ['2199-01-01T00:00', undefined]],
])('%s runs next after %s as EventBridge says', (expression, from, expected) => {
  expect(runs(expression, from, expected.length)).toEqual(expected)
})

test.each([
  ['every minute', 'is neither rate(…) nor cron(…)'],
  ['rate(0 minutes)', 'a rate is a number and minutes, hours or days'],
  ['rate(5 seconds)', 'a rate is a number and minutes, hours or days'],
  ['rate(1 minutes)', '1 and minutes do not go together'],
  ['rate(5 minute)', '5 and minute do not go together'],
  ['cron(0 10 * * ?)', 'a cron expression has six fields'],
  ['cron(0 10 * * * *)', 'exactly one of day of month and day of week is ?'],
  ['cron(0 10 ? * ? *)', 'exactly one of day of month and day of week is ?'],
  ['cron(60 10 * * ? *)', 'minutes: 60 is not understood'],
  ['cron(0 10-8 * * ? *)', 'hours: 10-8 is not understood'],
  ['cron(0/0 10 * * ? *)', 'minutes: 0/0 is not understood'],
  ['cron(0 10 32 * ? *)', 'day of month: 32 is not understood'],
  ['cron(0 10 * FOO ? *)', 'month: FOO is not understood'],
  ['cron(0 10 ? * 8 *)', 'day of week: 8 is not understood'],
  ['cron(0 10 ? * 2#6 *)', 'day of week: 2#6 is not understood'],
  ['cron(0 10 ? * 0 *)', 'day of week: 0 is not understood'],
  ['cron(0 10 ? * MON-8 *)', 'day of week: MON-8 is not understood'],
  ['cron(0 10 * * ? 1969)', 'year: 1969 is not understood'],
  ['cron(0 10 * * ? 2026-2200)', 'year: 2026-2200 is not understood'],
  ['cron(0 ? * * ? *)', 'hours: ? is not understood'],
  ['cron(H 10 * * ? *)', 'minutes: H is not understood'],
])('%s is refused with the name of the wrong field', (expression, message) => {
  expect(() => parseSchedule(expression, 'Rule')).toThrow(message)
  expect(() => parseSchedule(expression, 'Rule')).toThrow(`Rule.ScheduleExpression: ${expression}`)
})
