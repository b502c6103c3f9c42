import type { ObjectStore } from '../core/object-store.ts'
import { parseS3Folder, type S3Location } from '../core/s3-uri.ts'
import { isObject, parseObject } from '../json/json-document.ts'
import { estimateCost } from '../pipeline/cost/estimate-cost.ts'
import type { PriceBook } from '../pipeline/cost/price-book.ts'
import { addAnswer, NO_TOTALS, type Totals, toCost, totalsOf } from './answer-totals.ts'
import type { BatchEnd, BatchItem, BatchPlan, BatchRequest } from './batch.ts'
import type { PartJob } from './bedrock-jobs.ts'
import { countsOf } from './describe-batch.ts'
import { BATCH_PRICE_FACTOR } from './estimate-batch.ts'
import { itemsKey, partOutputPrefix, recordsPrefix } from './layout.ts'
import { readLines } from './read-lines.ts'
import { readRange } from './read-range.ts'
import { writeStream } from './write-stream.ts'

/** What the end of a batch tells of its answers. */
export type Joined = Required<Pick<BatchEnd, 'counts' | 'usage' | 'estimatedCost'>>

const MANIFEST_FILE = 'manifest.json.out'

export interface MapAnswers {
  readonly request: BatchRequest
  readonly plan: BatchPlan
  /** Complete items by number. */
  readonly ranges: ReadonlyMap<number, { readonly key: string }>
}

/**
 * Joins the answers of the map into `<output>/<id>/<file>.out`, one for each file of the input and in its order, and writes
 * the manifest last. Of an item that is not complete it takes the answers that are stored.
 */
export async function joinMapAnswers(
  { request, plan, ranges }: MapAnswers,
  { store }: { readonly store: ObjectStore },
): Promise<Joined> {
  let totals = NO_TOTALS
  let answers = 0
  const add = (metadata: Readonly<Record<string, string>>) => {
    totals = addAnswer(totals, totalsOf({ metadata }))
  }
  async function* linesOf(items: readonly BatchItem[]): AsyncGenerator<Uint8Array> {
    for (const item of items) {
      const range = ranges.get(item.item)
      const keys = range ? [range.key] : (await store.list(recordsPrefix(request, item))).keys
      for (const key of keys) {
        const stored = await store.get({ bucket: store.bucket, key })
        if (!stored) throw new Error('a stored answer cannot be read')
        add(stored.metadata)
        answers += range ? item.count : 1
        yield stored.body
      }
    }
  }
  const items = await readItems(request, store)
  for (const [number, file] of plan.files.entries()) {
    const ofFile = items.filter((item) => item.file === number)
    await writeStream(store, outputOf(request, file.name), linesOf(ofFile), request.output)
  }
  const counts = countsOf(plan.records, answers - totals.errors, totals.errors)
  return writeManifest(request, counts, totals, store)
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
  const foundIn = (part: number) => store.list(partOutputPrefix(request, part))
  async function* linesOf(parts: readonly number[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      for (const key of (await foundIn(part)).keys) {
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

/** Location of the output of a file. A file without the extension gets it, as Bedrock's names have it. */
function outputOf({ id, output }: BatchRequest, name: string): S3Location {
  const { bucket, key } = parseS3Folder(output.s3Uri)
  const file = /\.jsonl?$/.test(name) ? name : `${name}.jsonl`
  return { bucket, key: `${key}${id}/${file}.out` }
}

async function readItems(request: BatchRequest, store: ObjectStore): Promise<BatchItem[]> {
  const items: BatchItem[] = []
  const chunks = readRange(store, { bucket: store.bucket, key: itemsKey(request, 0) })
  for await (const { bytes } of readLines(chunks, { file: 'items', maxLineBytes: 1000 })) {
    items.push(JSON.parse(bytes.toString()) as BatchItem)
  }
  return items
}
