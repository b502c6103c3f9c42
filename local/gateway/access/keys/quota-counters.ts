import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isObject } from '../../../template/json.ts'
import type { UsagePlanModel } from '../../../template/model.ts'

export type QuotaPeriod = NonNullable<UsagePlanModel['quota']>['period']

export interface QuotaCounters {
  /** Counts a request unless the quota of its period is used up: then false. */
  take(keyId: string, quota: number, period: QuotaPeriod, now: Date): boolean
  /** Writes what has not been written. */
  close(): void
}

interface Counter {
  /** The first day of the period, `2026-01-31`. */
  readonly since: string
  readonly requests: number
}

/** Counts of the last moments are lost with a process that is killed: API Gateway's quotas are a best effort, too. */
const WRITE_AFTER_MILLISECONDS = 500

const DAY_MILLISECONDS = 86_400_000

/** Requests of each key in its period, kept in a file. One that cannot be read begins anew. */
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

/** Periods begin at midnight UTC: of the day, of the week's Sunday, of the month's first. */
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
