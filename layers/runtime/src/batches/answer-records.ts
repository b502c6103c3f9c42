import { setTimeout as wait } from 'node:timers/promises'
import { BudgetError } from '../core/budget-error.ts'
import { BedrockError, RestError } from '../core/errors.ts'
import type { Facts } from '../core/model-call.ts'
import type { ObjectStore } from '../core/object-store.ts'
import { readDocument } from '../jobs/read-job.ts'
import { addAnswer, NO_TOTALS, type Totals, totalsOf, writeTotals } from './answer-totals.ts'
import type { BatchFile, BatchItem, BatchName, BatchPlan, BatchRequest } from './batch.ts'
import { batchKey, parseRecordKey, rangeKey, rangePrefix, recordKey, recordsPrefix } from './layout.ts'
import { loadContract } from './load-contract.ts'
import { openPace, type Pace } from './pace.ts'
import { readItem } from './read-item.ts'
import type { OpenRecord, RecordAnswer, RecordContract, RecordPipeline } from './record-contract.ts'

export interface AnswerDependencies {
  readonly store: ObjectStore
  readonly pipeline: RecordPipeline
  /** True if Bedrock's own doors may serve records of other contracts. */
  readonly bedrockDoors: boolean
  /** Tokens that all workers of a batch may use in a minute; 0 for no limit. */
  readonly tokensPerMinute: number
  /** Workers of a batch at the same time. */
  readonly concurrency: number
}

export interface AnswerInvocation {
  readonly remainingMs: () => number
  /** Called with the facts of each call of the model, for log and metrics. */
  readonly onCall: (call: RecordCall) => void
}

/** Call of a model for one record. */
export interface RecordCall {
  readonly request: BatchRequest
  readonly durationMs: number
  readonly facts: Facts
  readonly error?: RestError
}

/** Records of an item after one invocation. */
export interface AnswerReport {
  readonly successes: number
  readonly errors: number
  /** Records that another invocation must answer: no time was left, or the batch was stopped. */
  readonly left: number
}

/** Calls of one worker at the same time. */
const CONCURRENT_RECORDS = 5
/** Time at the end of an invocation in which answers are stored. */
const STORING_MS = 15_000
/** Shortest remaining time in which a call is started: most answers come within it. */
const MIN_CALL_MS = 120_000
/** A worker waits at most this long for the pace. After that it ends, and the next round goes on. */
const MAX_PACE_WAIT_MS = 30_000
/** Calls of a record that get server errors, before its line has the error. */
const MAX_SERVER_ERRORS = 3
const SERVER_ERROR_PAUSE_MS = 1000

/**
 * Answers the records of an item that have no stored answer, several at a time, and stores each answer at once: a record is
 * never paid twice once its answer is stored. When all are answered, one object holds them all.
 *
 * A throttled record is called again at the slower pace that all workers then have. Any other refusal is the record's answer.
 */
export async function answerRecords(
  name: BatchName,
  item: BatchItem,
  { remainingMs, onCall }: AnswerInvocation,
  dependencies: AnswerDependencies,
): Promise<AnswerReport> {
  const { store } = dependencies
  const [done, stored, request, plan] = await Promise.all([
    store.list(rangePrefix(name, item), { maxKeys: 1 }),
    store.list(recordsPrefix(name, item)),
    readDocument<BatchRequest>(store, batchKey(name, 'request.json')),
    readDocument<BatchPlan>(store, batchKey(name, 'plan.json')),
  ])
  if (done.keys.length > 0 || !request || !plan) return { successes: 0, errors: 0, left: 0 }
  const earlier = new Map(stored.keys.flatMap((key) => toEntry(key)))
  const file = plan.document.files[item.file] as BatchFile
  const pace = await openPace(store, name, leastInterval(plan.document, dependencies))
  const open: OpenRecord[] = []
  for await (const record of readItem(item, file, request.document, store)) {
    if (!earlier.has(record.index)) open.push(record)
  }
  const contract = await loadContract(request.document.format, dependencies)
  const worker = { name, item, request: request.document, contract, pace, remainingMs, onCall, ...dependencies }
  const answered = new Map<number, Answered>()
  await Promise.all(Array.from({ length: CONCURRENT_RECORDS }, () => work(worker, open, answered)))
  const missing = item.count - earlier.size - answered.size
  if (missing === 0) {
    await storeRange(worker, earlier, answered)
    await pace.speedUp()
  }
  const errors =
    [...earlier.values()].filter(({ isError }) => isError).length +
    [...answered.values()].filter(({ totals }) => totals.errors > 0).length
  return { successes: earlier.size + answered.size - errors, errors, left: missing }
}

function toEntry(key: string): [number, { readonly key: string; readonly isError: boolean }][] {
  const parsed = parseRecordKey(key)
  return parsed ? [[parsed.index, { key, isError: parsed.isError }]] : []
}

/** Pause between two records of one worker that keeps all workers within the limit of tokens, in milliseconds. */
function leastInterval(
  { estimate, records }: BatchPlan,
  { tokensPerMinute, concurrency }: Pick<AnswerDependencies, 'tokensPerMinute' | 'concurrency'>,
): number {
  if (tokensPerMinute === 0 || estimate.inputTokens === 0) return 0
  return (60_000 * concurrency * (estimate.inputTokens / records)) / tokensPerMinute
}

interface Worker extends AnswerInvocation, AnswerDependencies {
  readonly name: BatchName
  readonly item: BatchItem
  readonly request: BatchRequest
  readonly contract: RecordContract
  readonly pace: Pace
}

/** Stored answer of a record. */
interface Answered {
  readonly line: Buffer
  readonly totals: Totals
}

/** Takes open records one after the other, until none is left, the time is over or the batch is stopped. */
async function work(worker: Worker, open: OpenRecord[], answered: Map<number, Answered>): Promise<void> {
  const { name, item, store, pace, remainingMs } = worker
  while (remainingMs() > MIN_CALL_MS) {
    await pace.refresh()
    if (pace.isStopped) return
    const record = open.shift()
    if (!record) return
    const result = await answerRecord(record, worker)
    if (!result) return
    const key = recordKey(name, item, record.index, result.totals.errors > 0)
    await store.put({ bucket: store.bucket, key }, result.line, {
      contentType: 'application/jsonl',
      metadata: writeTotals(result.totals),
    })
    answered.set(record.index, result)
  }
}

/** @returns undefined if another invocation must answer the record */
async function answerRecord(record: OpenRecord, worker: Worker): Promise<Answered | undefined> {
  const { pace, remainingMs, contract } = worker
  let serverErrors = 0
  while (!pace.isStopped) {
    const pause = pace.reserveMs(Date.now())
    if (pause > MAX_PACE_WAIT_MS || remainingMs() - pause < MIN_CALL_MS) return undefined
    if (pause > 0) await wait(pause)
    const calledAt = Date.now()
    const result = await callModel(record, worker)
    if (!(result instanceof RestError)) {
      return { line: contract.successLine(record, result.body), totals: totalsOf(result) }
    }
    if (result.statusCode === 429 && !(result instanceof BudgetError)) {
      await pace.slowDown(calledAt)
      continue
    }
    if (isServerError(result)) serverErrors += 1
    if (!isServerError(result) || serverErrors === MAX_SERVER_ERRORS) {
      return { line: contract.errorLine(record, result), totals: { ...NO_TOTALS, errors: 1 } }
    }
    await wait(SERVER_ERROR_PAUSE_MS * serverErrors)
  }
  return undefined
}

function isServerError({ statusCode, name }: RestError): boolean {
  return statusCode >= 500 || name === 'ModelStreamErrorException'
}

/** Calls the model once. Returns its error instead of throwing it. */
async function callModel(record: OpenRecord, worker: Worker): Promise<RecordAnswer | RestError> {
  const { request, remainingMs, onCall, contract } = worker
  const started = performance.now()
  const facts: Facts = {}
  const signal = AbortSignal.timeout(Math.max(1, remainingMs() - STORING_MS))
  const result = await contract.answer(record, { request, signal, facts }).catch((error: unknown) => {
    if (error instanceof RestError) return error
    if (signal.aborted) return TIME_IS_UP
    throw error
  })
  const error = result instanceof RestError ? { error: result } : {}
  onCall({ request, durationMs: performance.now() - started, facts, ...error })
  return result
}

const TIME_IS_UP = new BedrockError(
  'ModelTimeoutException',
  "The model did not answer in time: the limit is the worker's own, about 4.5 minutes.",
)

/** Writes all answers of an item as one object. Its key has the counts, its metadata the usage and the cost. */
async function storeRange(
  { name, item, store }: Worker,
  earlier: ReadonlyMap<number, { readonly key: string }>,
  answered: ReadonlyMap<number, Answered>,
): Promise<void> {
  const lines: Buffer[] = []
  let totals = NO_TOTALS
  for (let index = item.first; index < item.first + item.count; index += 1) {
    const known = answered.get(index) ?? (await readStored(earlier.get(index)?.key ?? '', store))
    lines.push(known.line)
    totals = addAnswer(totals, known.totals)
  }
  const key = rangeKey(name, item, item.count - totals.errors, totals.errors)
  await store.put({ bucket: store.bucket, key }, Buffer.concat(lines), {
    contentType: 'application/jsonl',
    metadata: writeTotals(totals),
  })
}

async function readStored(key: string, store: ObjectStore): Promise<Answered> {
  const stored = await store.get({ bucket: store.bucket, key })
  if (!stored) throw new Error('a stored answer cannot be read')
  return { line: Buffer.from(stored.body), totals: totalsOf(stored) }
}
