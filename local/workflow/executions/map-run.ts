import { createHash } from 'node:crypto'
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Journal, readRecords } from '../../storage/journal.ts'
import { IntervalSet } from './interval-set.ts'

/** Settings that UpdateMapRun changes. A concurrency of 0 is the default one. */
export interface MapRunSettings {
  readonly maxConcurrency: number
  readonly toleratedFailureCount?: number
  readonly toleratedFailurePercentage?: number
}

export interface MapRunStart {
  readonly mapRunArn: string
  readonly executionArn: string
  /** ARN of the state machine, with the label of the Map. */
  readonly stateMachineArn: string
  readonly settings: MapRunSettings
  /** Number of items. */
  readonly total: number
  /** Most items of a batch, for the number of executions that are still to be started. */
  readonly itemsPerExecution: number
  /** Version of the data. */
  readonly etag?: string
}

export type ChildStatus = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'

export type MapRunStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED'

/** Items of one child. */
export interface ItemRange {
  readonly first: number
  readonly count: number
}

/** Result of one child in the file of results. */
export interface ResultEntry extends ItemRange {
  readonly status: ChildStatus
  /** Bytes. */
  readonly offset: number
  readonly length: number
}

type MapRunRecord =
  | ({ readonly kind: 'started'; readonly time: number } & MapRunStart)
  | ({ readonly kind: 'ended' } & ResultEntry)
  | { readonly kind: 'updated'; readonly settings: MapRunSettings }
  | { readonly kind: 'redriven'; readonly time: number }
  | { readonly kind: 'written' }
  | { readonly kind: 'stopped'; readonly time: number; readonly status: MapRunStatus; readonly error?: string }

interface Count {
  executions: number
  items: number
}

const UNSUCCESSFUL = ['FAILED', 'TIMED_OUT', 'ABORTED'] as const

/** Errors after which a redrive starts another map run. Source: Step Functions developer guide, "Redriving Map Runs". */
const ERRORS_OF_NEW_RUN = new Set(['States.DataLimitExceeded', 'States.Runtime'])

/** Progress of a map run, without its data. */
class MapRunState {
  start!: MapRunStart
  settings!: MapRunSettings
  status: MapRunStatus = 'RUNNING'
  error: string | undefined
  startTime = 0
  stopTime: number | undefined
  redriveCount = 0
  redriveTime: number | undefined
  isWritten = false
  /** Items that no child of this attempt needs. */
  readonly done = new IntervalSet()
  /** Items whose child an earlier attempt has run without success. */
  readonly tried = new IntervalSet()
  readonly succeeded = new IntervalSet()
  readonly unsuccessful: ItemRange[] = []
  readonly counts: Record<ChildStatus, Count> = createCounts()
  /** Length of the results that the checkpoint knows. */
  resultBytes = 0

  apply(record: MapRunRecord): void {
    switch (record.kind) {
      case 'started':
        this.start = record
        this.settings = record.settings
        this.startTime = record.time
        return
      case 'ended':
        this.#end(record)
        return
      case 'updated':
        this.settings = record.settings
        return
      case 'written':
        this.isWritten = true
        return
      case 'redriven':
        this.#redrive(record.time)
        return
      case 'stopped':
        this.status = record.status
        this.error = record.error
        this.stopTime = record.time
    }
  }

  #end({ first, count, status, offset, length }: ResultEntry): void {
    this.done.add(first, first + count)
    this.resultBytes = offset + length
    const total = this.counts[status]
    total.executions += 1
    total.items += count
    if (status === 'SUCCEEDED') this.succeeded.add(first, first + count)
    else this.unsuccessful.push({ first, count })
  }

  #redrive(time: number): void {
    for (const { first, count } of this.unsuccessful) this.tried.add(first, first + count)
    this.unsuccessful.length = 0
    this.done.clear()
    for (const { from, to } of this.succeeded.intervals()) this.done.add(from, to)
    for (const status of UNSUCCESSFUL) this.counts[status] = { executions: 0, items: 0 }
    this.status = 'RUNNING'
    this.error = undefined
    this.stopTime = undefined
    this.isWritten = false
    this.redriveCount += 1
    this.redriveTime = time
  }
}

function createCounts(): Record<ChildStatus, Count> {
  const none = (): Count => ({ executions: 0, items: 0 })
  return { SUCCEEDED: none(), FAILED: none(), TIMED_OUT: none(), ABORTED: none() }
}

/**
 * Map run with its checkpoint: which items are done, and the results of their children. Both files are only appended to. A
 * result is in its file before the checkpoint names it.
 */
export class MapRun {
  readonly #directory: string
  readonly #state: MapRunState
  readonly #checkpoint: Journal<MapRunRecord>
  readonly #results: number
  readonly #running: Count = { executions: 0, items: 0 }
  #onSettings: () => void = () => undefined

  private constructor(directory: string, started?: MapRunStart) {
    this.#directory = directory
    this.#state = new MapRunState()
    this.#checkpoint = Journal.open<MapRunRecord>(checkpointIn(directory), (record) => this.#state.apply(record))
    if (started) this.#commit({ kind: 'started', time: Date.now(), ...started })
    this.#results = openSync(resultsIn(directory), 'a')
    // A result that the checkpoint does not name is one of a child that runs again.
    ftruncateSync(this.#results, this.#state.resultBytes)
  }

  static create(directory: string, start: MapRunStart): MapRun {
    mkdirSync(directory, { recursive: true })
    return new MapRun(directory, start)
  }

  static open(directory: string): MapRun {
    return new MapRun(directory)
  }

  /** Directory of the files. */
  get directory(): string {
    return this.#directory
  }

  get start(): MapRunStart {
    return this.#state.start
  }

  get settings(): MapRunSettings {
    return this.#state.settings
  }

  get status(): MapRunStatus {
    return this.#state.status
  }

  get redriveCount(): number {
    return this.#state.redriveCount
  }

  /** True: a redrive goes on with this map run. */
  get isRedrivable(): boolean {
    const { status, error = '' } = this.#state
    return (status === 'FAILED' || status === 'ABORTED') && !ERRORS_OF_NEW_RUN.has(error)
  }

  /** Items of children that did not succeed. */
  get failedItems(): number {
    return UNSUCCESSFUL.reduce((items, status) => items + this.#state.counts[status].items, 0)
  }

  /** Items of children that have ended. */
  get endedItems(): number {
    return this.failedItems + this.#state.counts.SUCCEEDED.items
  }

  isDone(index: number): boolean {
    return this.#state.done.has(index)
  }

  /** Name of the child for items: the same in each attempt. */
  childName({ first }: ItemRange): string {
    const hash = createHash('sha256').update(`${this.start.mapRunArn} ${first}`).digest('hex')
    return [
      hash.slice(0, 8),
      hash.slice(8, 12),
      `8${hash.slice(13, 16)}`,
      `8${hash.slice(17, 20)}`,
      hash.slice(20, 32),
    ].join('-')
  }

  /** Redrives of the child for items. */
  redrivesOf({ first }: ItemRange): number {
    return this.#state.tried.has(first) ? this.redriveCount : 0
  }

  /** Counts a child as running until the returned function is called. */
  enter({ count }: ItemRange): () => void {
    this.#running.executions += 1
    this.#running.items += count
    return () => {
      this.#running.executions -= 1
      this.#running.items -= count
    }
  }

  /** Records the end of a child. Its items do not run again, unless a redrive runs those that failed. */
  end({ first, count }: ItemRange, status: ChildStatus, result: object): void {
    const line = Buffer.from(`${JSON.stringify(result)}\n`)
    const offset = this.#state.resultBytes
    for (let written = 0; written < line.length; ) written += writeSync(this.#results, line, written)
    this.#commit({ kind: 'ended', first, count, status, offset, length: line.length })
  }

  update(change: Partial<MapRunSettings>): void {
    this.#commit({ kind: 'updated', settings: { ...this.settings, ...change } })
    this.#onSettings()
  }

  /** Calls a function at each change of the settings, instead of the one before. */
  onSettings(listener: () => void): void {
    this.#onSettings = listener
  }

  redrive(): void {
    this.#commit({ kind: 'redriven', time: Date.now() })
  }

  written(): void {
    this.#commit({ kind: 'written' })
  }

  stop(status: MapRunStatus, error?: string): void {
    this.#commit({ kind: 'stopped', time: Date.now(), status, ...(error !== undefined && { error }) })
  }

  /** Results of this attempt, and successes of all attempts, in the order of the items. */
  listResults(): ResultEntry[] {
    return listResults(checkpointIn(this.#directory))
  }

  /** Reads the JSON texts of results in turn. */
  async *readResults(entries: readonly ResultEntry[]): AsyncGenerator<string> {
    const file = await open(resultsIn(this.#directory))
    try {
      for (const { offset, length } of entries) {
        const bytes = Buffer.alloc(length - 1)
        await file.read(bytes, 0, length - 1, offset)
        yield bytes.toString()
      }
    } finally {
      await file.close()
    }
  }

  describe() {
    return describe(this.#state, this.#running)
  }

  close(): void {
    this.#checkpoint.close()
    closeSync(this.#results)
  }

  #commit(record: MapRunRecord): void {
    this.#checkpoint.append(record)
    this.#state.apply(record)
  }
}

/** Describes a map run that does not run; undefined if there is none. */
export function describeStoredMapRun(directory: string) {
  const path = checkpointIn(directory)
  if (!existsSync(path)) return undefined
  const state = new MapRunState()
  readRecords<MapRunRecord>(path, (record) => state.apply(record))
  return describe(state, { executions: 0, items: 0 })
}

function listResults(path: string): ResultEntry[] {
  let entries: ResultEntry[] = []
  readRecords<MapRunRecord>(path, (record) => {
    if (record.kind === 'ended') entries.push(record)
    if (record.kind === 'redriven') entries = entries.filter(({ status }) => status === 'SUCCEEDED')
  })
  return entries.sort((one, other) => one.first - other.first)
}

function describe(state: MapRunState, running: Count) {
  const { start, settings, counts, isWritten } = state
  const countsOf = (unit: keyof Count, pendingItems: number) => {
    const ended = {
      succeeded: counts.SUCCEEDED[unit],
      failed: counts.FAILED[unit],
      timedOut: counts.TIMED_OUT[unit],
      aborted: counts.ABORTED[unit],
    }
    const known = ended.succeeded + ended.failed + ended.timedOut + ended.aborted
    const pending = unit === 'items' ? pendingItems : Math.ceil(pendingItems / start.itemsPerExecution)
    return {
      ...ended,
      pending,
      running: running[unit],
      total: known + running[unit] + pending,
      resultsWritten: isWritten ? known : 0,
      failuresNotRedrivable: 0,
      pendingRedrive: 0,
    }
  }
  const endedItems = Object.values(counts).reduce((items, count) => items + count.items, 0)
  const pendingItems = start.total - endedItems - running.items
  return {
    mapRunArn: start.mapRunArn,
    executionArn: start.executionArn,
    stateMachineArn: start.stateMachineArn,
    status: state.status,
    startTime: state.startTime,
    stopTime: state.stopTime,
    maxConcurrency: settings.maxConcurrency,
    toleratedFailureCount: settings.toleratedFailureCount ?? 0,
    toleratedFailurePercentage: settings.toleratedFailurePercentage ?? 0,
    itemCounts: countsOf('items', pendingItems),
    executionCounts: countsOf('executions', pendingItems),
    redriveCount: state.redriveCount,
    redriveTime: state.redriveTime,
  }
}

export type MapRunDescription = ReturnType<typeof describe>

const checkpointIn = (directory: string) => join(directory, 'checkpoint.jsonl')
const resultsIn = (directory: string) => join(directory, 'results.jsonl')
