import { type Clock, createSchedules, type EventBridgeEvent } from '../../../../local/events/index.ts'
import type { EventRuleModel } from '../../../../local/template/model.ts'
import { OWNER, rule, target } from './support.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 1)

/** Clock that advances on request. */
class VirtualClock implements Clock {
  #now = START
  readonly #alarms = new Set<{ time: number; run: () => void }>()

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): () => void {
    const alarm = { time: this.#now + delayMs, run }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  get pending(): number {
    return this.#alarms.size
  }

  pass(durationMs: number): void {
    const end = this.#now + durationMs
    for (let alarm = this.#next(end); alarm; alarm = this.#next(end)) {
      this.#alarms.delete(alarm)
      this.#now = Math.max(this.#now, alarm.time)
      alarm.run()
    }
    this.#now = end
  }

  /** Sleeps like a laptop: alarms that were due ring late and once. */
  sleep(durationMs: number): void {
    this.#now += durationMs
    this.pass(0)
  }

  #next(end: number) {
    return [...this.#alarms].filter(({ time }) => time <= end).sort((one, other) => one.time - other.time)[0]
  }
}

function start(rules: readonly EventRuleModel[], refuses = false) {
  const clock = new VirtualClock()
  const runs: { to: string; payload: string; minute: number }[] = []
  const failures: string[] = []
  const schedules = createSchedules({
    rules,
    ...OWNER,
    clock,
    async fire({ resource }, payload) {
      if (refuses) throw new Error('not now')
      runs.push({ to: resource, payload, minute: (clock.now() - START) / MINUTE })
    },
    onFailed: (name, error) => failures.push(`${name}: ${(error as Error).message}`),
  })
  schedules.start()
  return { clock, runs, failures, schedules, minutesOf: (to: string) => runs.filter((run) => run.to === to) }
}

test('every rule runs at its times, also after weeks', () => {
  const { clock, minutesOf } = start([
    rule('Sweep', { schedule: 'rate(2 minutes)', targets: [target('A')] }),
    rule('Hourly', { schedule: 'cron(30 * * * ? *)', targets: [target('B'), target('C')] }),
    rule('Monthly', { schedule: 'cron(0 0 1 * ? *)', targets: [target('D')] }),
    rule('Off', { schedule: 'rate(1 minute)', enabled: false, targets: [target('E')] }),
    rule('Pattern', { pattern: { source: ['a'] }, targets: [target('F')] }),
  ])
  clock.pass(5 * MINUTE)
  expect(minutesOf('A').map(({ minute }) => minute)).toEqual([2, 4])
  clock.pass(85 * MINUTE)
  for (const to of ['B', 'C']) expect(minutesOf(to).map(({ minute }) => minute)).toEqual([30, 90])
  clock.pass(60 * 24 * 60 * MINUTE)
  expect(minutesOf('D').map(({ minute }) => minute / 60 / 24)).toEqual([31, 59])
  expect([minutesOf('E'), minutesOf('F')]).toEqual([[], []])
})

test('a run delivers an event of its rule, or the constant input', () => {
  const { clock, runs } = start([
    rule('Sweep', { schedule: 'rate(1 minute)', targets: [target('A'), target('B', { input: '{"sweep":true}' })] }),
    rule('Else', { schedule: 'rate(1 minute)', eventBusName: 'mine' }),
  ])
  clock.pass(2 * MINUTE)
  const events: EventBridgeEvent[] = runs.filter(({ to }) => to === 'A').map(({ payload }) => JSON.parse(payload))
  expect(events[0]).toEqual({
    version: '0',
    id: expect.stringMatching(/^[\da-f-]{36}$/),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: OWNER.accountId,
    time: '2026-01-01T00:01:00Z',
    region: OWNER.region,
    resources: ['arn:aws:events:eu-west-1:123456789012:rule/Sweep'],
    detail: {},
  })
  expect(events[1]?.id).not.toBe(events[0]?.id)
  expect(runs[1]?.payload).toBe('{"sweep":true}')
  expect(runs[2]?.payload).toContain(':rule/mine/Else"')
})

test('runs missed during sleep are not repeated', () => {
  const { clock, runs } = start([rule('Sweep', { schedule: 'rate(1 minute)' })])
  clock.sleep(10.5 * MINUTE)
  expect(runs).toHaveLength(1)
  clock.pass(1.5 * MINUTE)
  expect(runs.map(({ minute }) => minute)).toEqual([10.5, 11, 12])
})

test('fireNow runs a rule once, also a disabled one', async () => {
  const { schedules, runs } = start([rule('Sweep', { schedule: 'rate(1 day)', enabled: false, name: 'stack-Sweep' })])
  await schedules.fireNow('stack-Sweep')
  await schedules.fireNow('Sweep')
  expect(runs).toHaveLength(2)
  await expect(schedules.fireNow('Nothing')).rejects.toThrow('there is no scheduled rule Nothing')
})

test('a failed target is reported, and the next run follows', async () => {
  const { clock, failures, schedules } = start([rule('Sweep', { schedule: 'rate(1 minute)' })], true)
  clock.pass(2 * MINUTE)
  await expect(schedules.fireNow('Sweep')).rejects.toThrow('not now')
  expect(failures).toEqual(
    [1, 2].map(() => expect.stringMatching(/^Sweep: 1 of 1 targets did not take event .*: not now/)),
  )
})

test('close leaves no timer', () => {
  const { clock, schedules } = start([
    rule('Sweep', { schedule: 'rate(1 minute)' }),
    rule('Daily', { schedule: 'rate(1 day)' }),
  ])
  clock.pass(MINUTE)
  schedules.close()
  expect(clock.pending).toBe(0)
})

test('the system clock waits longer than one timer can', async () => {
  jest.useFakeTimers()
  try {
    let runs = 0
    const schedules = createSchedules({
      rules: [rule('Rare', { schedule: 'rate(60 days)' })],
      ...OWNER,
      async fire() {
        runs += 1
      },
    })
    schedules.start()
    await jest.advanceTimersByTimeAsync(60 * 24 * 60 * MINUTE - 1)
    expect(runs).toBe(0)
    await jest.advanceTimersByTimeAsync(1)
    expect(runs).toBe(1)
    schedules.close()
    expect(jest.getTimerCount()).toBe(0)
  } finally {
    jest.useRealTimers()
  }
})
