import { setTimeout as wait } from 'node:timers/promises'
import type { ObjectStore } from '../core/object-store.ts'
import { readDocument } from '../jobs/read-job.ts'
import type { BatchName } from './batch.ts'
import { batchKey } from './layout.ts'

/**
 * Document `pace.json`: the pace of all workers of a batch. They read it when they start and after each throttle, so that
 * they slow down together.
 */
export interface PaceDocument {
  /** Pause between two records of one worker, in milliseconds. */
  readonly intervalMs: number
  /** Time before which no worker calls a model, in milliseconds since 1970. */
  readonly notBefore: number
  /** Time of the last change, in milliseconds since 1970. */
  readonly changedAt: number
  /** True if the caller has stopped the batch. */
  readonly isStopped: boolean
}

const FULL_PACE: PaceDocument = { intervalMs: 0, notBefore: 0, changedAt: 0, isStopped: false }

const FIRST_INTERVAL_MS = 200
const MAX_INTERVAL_MS = 60_000
/** Time without a throttle after which a worker that ends speeds up the others. */
const QUIET_MS = 3000
const SPEED_UP = 0.5
/** An interval below this is none. */
const MIN_INTERVAL_MS = 50
/** Time for which a worker uses the pace that it has read. */
const FRESH_MS = 5000
/** Writes that may fail because another worker has changed the pace. */
const MAX_TRIES = 5

/** Pace of one worker. */
export interface Pace {
  readonly isStopped: boolean
  /** Time until the next record of this worker may start, in milliseconds; the time is then taken. */
  reserveMs(now: number): number
  /** Reads the pace again, if it was not read for a while. */
  refresh(): Promise<void>
  /** Slows all workers down, unless another one has done so since `calledAt`. */
  slowDown(calledAt: number): Promise<void>
  /** Speeds all workers up, if none was throttled for a while. */
  speedUp(): Promise<void>
}

/**
 * Opens the pace of a batch.
 *
 * @param leastIntervalMs pause that the operator's limit of tokens demands
 */
export async function openPace(store: ObjectStore, name: BatchName, leastIntervalMs: number): Promise<Pace> {
  let { document, etag } = await readPace(store, name)
  let nextAt = 0
  let readAt = Date.now()

  async function change(next: (current: PaceDocument) => PaceDocument | undefined): Promise<void> {
    for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
      const changed = next(document)
      if (!changed) return
      const written = await writePace(store, name, changed, etag)
      if (written !== undefined) {
        document = changed
        etag = written
        return
      }
      ;({ document, etag } = await readPace(store, name))
    }
  }

  return {
    get isStopped() {
      return document.isStopped
    },
    reserveMs(now) {
      const at = Math.max(now, nextAt, document.notBefore)
      nextAt = at + Math.max(leastIntervalMs, document.intervalMs)
      return at - now
    },
    async refresh() {
      if (Date.now() - readAt < FRESH_MS) return
      readAt = Date.now()
      ;({ document, etag } = await readPace(store, name))
    },
    slowDown: (calledAt) =>
      change((current) => {
        if (current.isStopped || current.changedAt >= calledAt) return undefined
        const intervalMs = Math.min(MAX_INTERVAL_MS, Math.max(FIRST_INTERVAL_MS, 2 * current.intervalMs))
        const now = Date.now()
        return { ...current, intervalMs, notBefore: now + intervalMs, changedAt: now }
      }),
    speedUp: () =>
      change((current) => {
        if (current.isStopped || current.intervalMs === 0 || Date.now() - current.changedAt < QUIET_MS) return undefined
        const faster = current.intervalMs * SPEED_UP
        return { ...current, intervalMs: faster < MIN_INTERVAL_MS ? 0 : Math.round(faster), changedAt: Date.now() }
      }),
  }
}

/** Marks a batch as stopped. Its workers see the mark when they start, and between records after some seconds. */
export async function markStopped(store: ObjectStore, name: BatchName): Promise<void> {
  while (true) {
    const { document, etag } = await readPace(store, name)
    if (document.isStopped) return
    const stopped = { ...document, isStopped: true, changedAt: Date.now() }
    if ((await writePace(store, name, stopped, etag)) !== undefined) return
    await wait(20)
  }
}

export async function isStopped(store: ObjectStore, name: BatchName): Promise<boolean> {
  return (await readPace(store, name)).document.isStopped
}

async function readPace(
  store: ObjectStore,
  name: BatchName,
): Promise<{ document: PaceDocument; etag: string | undefined }> {
  const stored = await readDocument<PaceDocument>(store, batchKey(name, 'pace.json'))
  return stored ?? { document: FULL_PACE, etag: undefined }
}

/** @returns the new etag; undefined if another worker has changed the pace */
async function writePace(
  store: ObjectStore,
  name: BatchName,
  document: PaceDocument,
  etag: string | undefined,
): Promise<string | undefined> {
  const location = { bucket: store.bucket, key: batchKey(name, 'pace.json') }
  const body = JSON.stringify(document)
  const written = etag === undefined ? await store.putNew(location, body) : await store.replace(location, etag, body)
  return written?.etag
}
