import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isObject } from '../../../template/json.ts'
import type { UsagePlanModel } from '../../../template/model.ts'

export type QuotaPeriod = NonNullable<UsagePlanModel['quota']>['period']

export interface QuotaCounters {
  /** Counts a request. Returns false if the quota of the period is used up. */
  take(keyId: string, quota: number, period: QuotaPeriod, now: Date): boolean
  /** Writes pending counts. */
  close(): void
}

interface Counter {
  /** The first day of the period, `2026-01-31`. */
  readonly since: string
  readonly requests: number
}

/** Delay of a write. A killed process loses the last counts; quotas of API Gateway are a best effort, too. */
const WRITE_AFTER_MILLISECONDS = 500

const DAY_MILLISECONDS = 86_400_000

/** Requests of each key in its period, kept in a file. An unreadable file is replaced. */
export function createQuotaCounters(path: string): QuotaCounters {
  const counters = read(path)
  let timer: NodeJS.Timeout | undefined

  function write(): void {
    clearTimeout(timer)
    timer = undefined
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, `${JSON.stringify(Object.fromEntries(counters), null, 2)}\n`)
    renameSync(`${path}.new`, path)
  }

  return {
    take(keyId, quota, period, now) {
      const since = beginningOf(period, now)
      const known = counters.get(keyId)
      const requests = known?.since === since ? known.requests : 0
      if (requests >= quota) return false
      counters.set(keyId, { since, requests: requests + 1 })
      timer ??= setTimeout(write, WRITE_AFTER_MILLISECONDS).unref()
      return true
    },
    close() {
      if (timer) write()
    },
  }
}

/** First day of a period. Periods begin at midnight UTC: each day, each Sunday, or the first of each month. */
function beginningOf(period: QuotaPeriod, now: Date): string {
  const day = now.toISOString().slice(0, 10)
  if (period === 'DAY') return day
  if (period === 'MONTH') return `${day.slice(0, 8)}01`
  return new Date(now.getTime() - now.getUTCDay() * DAY_MILLISECONDS).toISOString().slice(0, 10)
}

function read(path: string): Map<string, Counter> {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return new Map(Object.entries(isObject(content) ? content : {}).filter(isCounter))
  } catch {
    return new Map()
  }
}

function isCounter(entry: [string, unknown]): entry is [string, Counter & Record<string, unknown>] {
  const [, value] = entry
  return isObject(value) && typeof value.since === 'string' && typeof value.requests === 'number'
}
