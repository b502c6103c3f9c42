import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createQuotaCounters, type QuotaPeriod } from '../../../../local/gateway/access/keys/quota-counters.ts'
import { createTokenBucket } from '../../../../local/gateway/access/keys/token-bucket.ts'

describe('a token bucket', () => {
  test('allows its burst at once and then refills at its rate', () => {
    const bucket = createTokenBucket(2, 3)
    const taken = [0, 0, 0, 0, 499, 500, 500, 1000].map((now) => bucket.take(now))
    expect(taken).toEqual([true, true, true, false, false, true, false, true])
  })

  test('never holds more than its burst', () => {
    const bucket = createTokenBucket(100, 2)
    bucket.take(0)
    expect([1, 1, 1].map(() => bucket.take(3_600_000))).toEqual([true, true, false])
  })

  test('keeps its tokens if the clock is set back', () => {
    const bucket = createTokenBucket(1, 2)
    expect([bucket.take(10_000), bucket.take(0), bucket.take(0), bucket.take(1000)]).toEqual([true, true, false, true])
  })
})

describe('quota counters', () => {
  let directory: string
  let path: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'quota-'))
    path = join(directory, 'state', 'usage.json')
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it.each<[QuotaPeriod, string, string]>([
    ['DAY', '2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z'],
    ['WEEK', '2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z'],
    ['WEEK', '2026-01-03T12:00:00Z', '2026-01-04T00:00:00Z'],
    ['MONTH', '2026-02-28T23:59:59Z', '2026-03-01T00:00:00Z'],
  ])('start again with the %s', (period, last, first) => {
    const counters = createQuotaCounters(path)
    const take = (text: string) => counters.take('alice', 1, period, new Date(text))
    expect([take(last), take(last), take(first), take(first)]).toEqual([true, false, true, false])
    counters.close()
  })

  test('count each key by itself', () => {
    const counters = createQuotaCounters(path)
    const now = new Date('2026-01-01T00:00:00Z')
    const take = (key: string) => counters.take(key, 1, 'MONTH', now)
    expect([take('alice'), take('bob'), take('alice')]).toEqual([true, true, false])
    counters.close()
  })

  test('continue after a restart', () => {
    const now = new Date('2026-01-15T00:00:00Z')
    const before = createQuotaCounters(path)
    before.take('alice', 3, 'MONTH', now)
    before.take('alice', 3, 'MONTH', now)
    before.close()
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ alice: { since: '2026-01-01', requests: 2 } })
    const after = createQuotaCounters(path)
    expect([1, 2].map(() => after.take('alice', 3, 'MONTH', now))).toEqual([true, false])
    after.close()
  })

  test('start again with a malformed file', () => {
    const first = createQuotaCounters(path)
    first.take('alice', 1, 'DAY', new Date())
    first.close()
    writeFileSync(path, '{"alice": 3')
    const second = createQuotaCounters(path)
    expect(second.take('alice', 1, 'DAY', new Date())).toBe(true)
    second.close()
  })
})
