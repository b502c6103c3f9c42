import { listKeys } from '../core/list-keys.ts'
import type { ObjectStore } from '../core/object-store.ts'
import { isObject, parseObject } from '../json/json-document.ts'
import { estimateCost } from '../pipeline/cost/estimate-cost.ts'
import type { PriceBook } from '../pipeline/cost/price-book.ts'
import { addAnswer, NO_TOTALS, type Totals, toCost, totalsOf } from './answer-totals.ts'
import {
  BATCH_PRICE_FACTOR,
  type BatchEnd,
  type BatchFile,
  type BatchFormat,
  type BatchItem,
  type BatchPlan,
  type BatchRequest,
} from './batch.ts'
import type { PartJob } from './bedrock-jobs.ts'
import { countsOf } from './describe-batch.ts'
import { itemsKey, parseRecordKey, partOutputPrefix, recordsPrefix } from './layout.ts'
import { outputOf } from './output-of.ts'
import { readItem } from './read-item.ts'
import { readLines } from './read-lines.ts'
import { readRange } from './read-range.ts'
import type { OpenRecord } from './record-contract.ts'
import { writeStream } from './write-stream.ts'

/** What the end of a batch tells of its answers. */
export type Joined = Required<Pick<BatchEnd, 'counts' | 'usage' | 'estimatedCost'>>

const MANIFEST_FILE = 'manifest.json.out'

export interface MapAnswers {
  readonly request: BatchRequest
  readonly plan: BatchPlan
  /** Complete items by number. */
  readonly ranges: ReadonlyMap<number, { readonly key: string }>
  /** Reason why records have no answer, if there are such. */
  readonly missing: 'canceled' | 'expired'
}

/**
 * Joins the answers of the map into `<output>/<id>/<file>.out`, one for each file of the input and in its order, and writes
 * the manifest last. Of an item that is not complete it takes the answers that are stored. In OpenAI's contract the errors
 * are a file of their own, and in Anthropic's contract each record has a line, also without an answer.
 */
export async function joinMapAnswers(
  { request, plan, ranges, missing }: MapAnswers,
  { store }: { readonly store: ObjectStore },
): Promise<Joined> {
  let totals = NO_TOTALS
  let answers = 0
  async function* linesOf(items: readonly BatchItem[], counts: boolean): AsyncGenerator<Buffer> {
    for (const item of items) {
      const range = ranges.get(item.item)
      const keys = range ? [range.key] : (await store.list(recordsPrefix(request, item))).keys
      for (const key of keys) {
        const stored = await readAnswer(key, store)
        if (counts) {
          totals = addAnswer(totals, totalsOf(stored))
          answers += range ? item.count : 1
        }
        yield Buffer.from(stored.body)
      }
      if (!range) yield* missingLines(item, keys, { request, plan, missing }, store)
    }
  }
  const items = await readItems(request, store)
  for (const [number, { name }] of plan.files.entries()) {
    const ofFile = items.filter((item) => item.file === number)
    const write = (ending: string, lines: AsyncIterable<Uint8Array>) =>
      writeStream(store, outputOf(request, name, ending), lines, request.output)
    if (request.format === 'openai') {
      await write('out', onlyLines(linesOf(ofFile, true), isOpenAiSuccess))
      if (totals.errors > 0 || missing === 'expired') {
        await write(
          'err',
          onlyLines(linesOf(ofFile, false), (line) => !isOpenAiSuccess(line)),
        )
      }
    } else await write('out', linesOf(ofFile, true))
  }
  const counts = countsOf(plan.records, answers - totals.errors, totals.errors)
  return writeManifest(request, counts, totals, store)
}

async function readAnswer(key: string, store: ObjectStore) {
  const stored = await store.get({ bucket: store.bucket, key })
  if (!stored) throw new Error('a stored answer cannot be read')
  return stored
}

/** Lines of an item's records without an answer, where the contract has such lines. */
async function* missingLines(
  item: BatchItem,
  keys: readonly string[],
  { request, plan, missing }: Omit<MapAnswers, 'ranges'>,
  store: ObjectStore,
): AsyncGenerator<Buffer> {
  if (!request.format) return
  const answered = new Set(keys.map((key) => parseRecordKey(key)?.index))
  for await (const record of readItem(item, plan.files[item.file] as BatchFile, request, store)) {
    if (!answered.has(record.index)) yield writeMissingLine(request.format, record, missing)
  }
}

/** Writes the line of a record without an answer; empty where the contract has none. */
function writeMissingLine(
  format: BatchFormat,
  { recordId, index }: OpenRecord,
  missing: MapAnswers['missing'],
): Buffer {
  const custom_id = recordId
  if (format === 'anthropic') return Buffer.from(`${JSON.stringify({ custom_id, result: { type: missing } })}\n`)
  if (missing === 'canceled') return Buffer.alloc(0)
  const error = {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  }
  return Buffer.from(`${JSON.stringify({ id: `batch_req_${index}`, custom_id, response: null, error })}\n`)
}

/** No text of a caller can look like this: JSON escapes its quotes. */
function isOpenAiSuccess(line: Buffer): boolean {
  return line.includes('"response":{"status_code":200,')
}

/** Picks lines of chunks that have whole lines. */
async function* onlyLines(
  chunks: AsyncIterable<Buffer>,
  isPicked: (line: Buffer) => boolean,
): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of readLines(chunks, { file: 'answers', maxLineBytes: Number.POSITIVE_INFINITY })) {
    if (isPicked(bytes)) yield Buffer.concat([bytes, Buffer.from('\n')])
  }
}

export interface PartOutputs {
  readonly request: BatchRequest
  readonly plan: BatchPlan
  readonly jobs: readonly PartJob[]
}

/**
 * Joins the outputs of Bedrock's jobs into `<output>/<id>/<file>.out`. The lines of a part keep Bedrock's order, which is not
 * that of the input: the recordId tells which is which.
 */
export async function joinPartOutputs(
  { request, plan, jobs }: PartOutputs,
  { store, prices }: { readonly store: ObjectStore; readonly prices: PriceBook },
): Promise<Joined> {
  let inputTokens = 0
  let outputTokens = 0
  async function* linesOf(parts: readonly number[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      for await (const key of listKeys(store, partOutputPrefix(request, part))) {
        const location = { bucket: store.bucket, key }
        if (key.endsWith(`/${MANIFEST_FILE}`)) {
          const manifest = parseObject((await store.get(location))?.body ?? Buffer.from('{}'))
          if (!isObject(manifest)) continue
          inputTokens += Number(manifest.inputTokenCount ?? 0)
          outputTokens += Number(manifest.outputTokenCount ?? 0)
        } else if (key.endsWith('.jsonl.out')) yield* readRange(store, location)
      }
    }
  }
  for (const [number, file] of plan.files.entries()) {
    const parts = (plan.parts ?? []).flatMap((part, index) => (part.file === number ? [index] : []))
    await writeStream(store, outputOf(request, file.name), linesOf(parts), request.output)
  }
  const usage = { inputTokens, outputTokens }
  const { usd, priceDate } = estimateCost(usage, await prices.find(request.modelId))
  const sum = (member: 'success' | 'error') => jobs.reduce((total, job) => total + job[member], 0)
  const counts = countsOf(plan.records, sum('success'), sum('error'))
  const totals = {
    errors: counts.errorRecordCount,
    usage,
    usd: usd === null ? null : usd * BATCH_PRICE_FACTOR,
    priceDate,
  }
  return writeManifest(request, counts, totals, store)
}

async function writeManifest(
  request: BatchRequest,
  counts: Joined['counts'],
  totals: Totals,
  store: ObjectStore,
): Promise<Joined> {
  const { usage } = totals
  const estimatedCost = toCost(totals)
  const manifest = {
    ...counts,
    inputTokenCount: usage.inputTokens ?? 0,
    outputTokenCount: usage.outputTokens ?? 0,
    estimatedCost,
  }
  const { kmsKeyId, bucketOwner } = request.output
  await store.put(outputOf(request, 'manifest.json'), JSON.stringify(manifest), {
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    ...(bucketOwner !== undefined && { bucketOwner }),
  })
  return { counts, usage, estimatedCost }
}

async function readItems(request: BatchRequest, store: ObjectStore): Promise<BatchItem[]> {
  const items: BatchItem[] = []
  const chunks = readRange(store, { bucket: store.bucket, key: itemsKey(request, 0) })
  for await (const { bytes } of readLines(chunks, { file: 'items', maxLineBytes: 1000 })) {
    items.push(JSON.parse(bytes.toString()) as BatchItem)
  }
  return items
}
