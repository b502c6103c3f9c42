import { RestError } from '../core/errors.ts'
import type { ObjectStore } from '../core/object-store.ts'
import { readDocument } from '../jobs/read-job.ts'
import type { PriceBook } from '../pipeline/cost/price-book.ts'
import type { BudgetGate } from '../pipeline/usage/budget-gate.ts'
import { type BatchName, type BatchPart, type BatchPlan, type BatchRequest, MAX_LINE_BYTES } from './batch.ts'
import { BatchInputError } from './batch-input-error.ts'
import { type BatchQuotas, chooseRoute, DEFAULT_QUOTAS, findUnsupported } from './choose-route.ts'
import { type EndDependencies, endBatch } from './end-batch.ts'
import { createSample } from './estimate-batch.ts'
import { findFiles, uriOf } from './find-files.ts'
import { batchKey, itemsKey, partInputKey } from './layout.ts'
import { readLines } from './read-lines.ts'
import { readRange } from './read-range.ts'
import { isBlank, readRecord } from './read-record.ts'
import { type Scan, scanInput } from './scan-input.ts'
import { writeStream } from './write-stream.ts'

export interface PrepareDependencies extends EndDependencies {
  /** What the stack demands of every call and Bedrock's batch does not have. */
  readonly demanded: string | undefined
  readonly prices: PriceBook
  /** Gate of the budgets, if the stack has them. */
  readonly budgetGate?: Pick<BudgetGate, 'check'> | undefined
  readonly readQuotas: (modelId: string) => Promise<BatchQuotas>
}

/** Input of the next state: how the state machine goes on with a batch. */
export interface BatchStep extends BatchName {
  /** `none`: the batch has ended, or another execution carries it out. */
  readonly route: BatchPlan['route'] | 'none'
  /** Key of the items to answer, on the route `map`. */
  readonly itemsKey: string
  /** Number of the round, from 0. */
  readonly round: number
  /** Time until the next step, in seconds. */
  readonly waitSeconds: number
}

/**
 * Checks the input of a batch, chooses its route and writes its plan. A batch with a wrong input ends as Failed. The first
 * execution of a batch carries it out; a repeated event starts another one, which does nothing.
 */
export async function prepareBatch(
  name: BatchName,
  execution: string,
  dependencies: PrepareDependencies,
): Promise<BatchStep> {
  const { store } = dependencies
  const begin: BatchStep = { ...name, route: 'none', itemsKey: itemsKey(name, 0), round: 0, waitSeconds: 0 }
  const [request, planned, end] = await Promise.all([
    readDocument<BatchRequest>(store, batchKey(name, 'request.json')),
    readDocument<BatchPlan>(store, batchKey(name, 'plan.json')),
    readDocument(store, batchKey(name, 'end.json')),
  ])
  if (!request || end) return begin
  const plan = planned?.document ?? (await planOnce(request.document, execution, dependencies))
  return { ...begin, route: plan?.execution === execution ? plan.route : 'none' }
}

/** @returns undefined for a batch that has ended because of its input */
async function planOnce(
  request: BatchRequest,
  execution: string,
  dependencies: PrepareDependencies,
): Promise<BatchPlan | undefined> {
  const { store } = dependencies
  try {
    await checkBudget(request, dependencies)
    const plan = await makePlan(request, execution, dependencies)
    const location = { bucket: store.bucket, key: batchKey(request, 'plan.json') }
    if (await store.putNew(location, JSON.stringify(plan))) return plan
    // Another execution was faster, or the SDK repeated this write.
    return (await readDocument<BatchPlan>(store, location.key))?.document
  } catch (error) {
    if (!(error instanceof BatchInputError)) throw error
    await endBatch(request, { status: 'Failed', message: error.message }, dependencies)
    return undefined
  }
}

/** @throws BatchInputError for a caller whose budget is spent, or does not allow the model */
async function checkBudget(
  { caller, modelId }: BatchRequest,
  { budgetGate }: Pick<PrepareDependencies, 'budgetGate'>,
): Promise<void> {
  try {
    // Records of other contracts name their own models.
    await budgetGate?.check(caller, modelId === '' ? [] : [modelId])
  } catch (error) {
    throw error instanceof RestError ? new BatchInputError(error.message) : error
  }
}

/** Records of an item: few, so that a round of a small batch is spread over many workers, and at most this many. */
const MIN_RECORDS_PER_ITEM = 5
const MAX_RECORDS_PER_ITEM = 50
const MANY_ITEMS = 5000
/** Guess of the bytes of a record, to choose the size of items before the records are counted. */
const USUAL_RECORD_BYTES = 1000

async function makePlan(
  request: BatchRequest,
  execution: string,
  { store, demanded, prices, readQuotas }: PrepareDependencies,
): Promise<BatchPlan> {
  const found = await findFiles(request, store)
  if (request.format && found.length > 1) {
    throw new BatchInputError(
      `${uriOf(request.input)} has ${found.length} files, and a batch of this contract has one.`,
    )
  }
  const bytes = found.reduce((sum, file) => sum + file.bytes, 0)
  const guess = Math.ceil(bytes / USUAL_RECORD_BYTES / MANY_ITEMS)
  const recordsPerItem = Math.min(MAX_RECORDS_PER_ITEM, Math.max(MIN_RECORDS_PER_ITEM, guess))
  const sample = createSample()
  let unsupported: string | undefined
  const scan = await scanInput(
    found,
    {
      recordsPerItem,
      format: request.format,
      onRecord({ modelInput }) {
        sample.add(modelInput)
        unsupported ??= findUnsupported(modelInput.bytes)
      },
    },
    store,
  )
  const { files, items, records } = scan
  const quotas = request.format ? DEFAULT_QUOTAS : await readQuotas(request.modelId)
  const { route, reason } = chooseRoute(request, {
    records: Math.min(...files.map((file) => file.records)),
    quotas,
    unsupported,
    demanded,
  })
  // The items are written on both routes: Bedrock may refuse the model, and the map then answers.
  const lines = items.map((item) => `${JSON.stringify(item)}\n`).join('')
  await store.put({ bucket: store.bucket, key: itemsKey(request, 0) }, lines, { contentType: 'application/jsonl' })
  return {
    execution,
    route,
    reason,
    files,
    records,
    items: items.length,
    ...(route === 'bedrock' && { parts: await writeParts(request, scan, quotas, store) }),
    estimate: await sample.estimate({ modelId: request.modelId, records, prices }),
    plannedAt: new Date().toISOString(),
  }
}

/**
 * Copies the records into files for Bedrock's batch jobs, each within the quota, and each record with its identifier. The
 * copies also fix the version of the input.
 */
async function writeParts(
  request: BatchRequest,
  { files }: Scan,
  { minRecords, maxRecords }: BatchQuotas,
  store: ObjectStore,
): Promise<BatchPart[]> {
  const parts: BatchPart[] = []
  for (const [file, { records }] of files.entries()) {
    const count = Math.ceil(records / maxRecords)
    const size = Math.ceil(records / count)
    for (let first = 0; first < records; first += size) {
      const inputKey = partInputKey(request, parts.length)
      const taken = Math.min(size, records - first)
      await writeStream(
        store,
        { bucket: store.bucket, key: inputKey },
        partOf(files[file] as Scan['files'][number], first, taken, store),
      )
      parts.push({ inputKey, file, records: taken })
    }
  }
  const small = parts.find(({ records }) => records < minRecords)
  if (!small) return parts
  throw new BatchInputError(
    `${uriOf(files[small.file] as Scan['files'][number])} has ${small.records} records, and Bedrock's batch takes at least ${minRecords} of each file: join the files, or leave the route to the stack.`,
  )
}

async function* partOf(
  file: Scan['files'][number],
  first: number,
  count: number,
  store: ObjectStore,
): AsyncGenerator<Uint8Array> {
  const name = uriOf(file)
  let index = 0
  for await (const line of readLines(readRange(store, file, file), { file: name, maxLineBytes: MAX_LINE_BYTES })) {
    if (isBlank(line)) continue
    if (index >= first + count) return
    if (index >= first) {
      const { recordId, modelInput } = readRecord(name, line)
      yield Buffer.concat([
        Buffer.from(`{"recordId":${JSON.stringify(recordId)},"modelInput":`),
        modelInput.bytes,
        Buffer.from('}\n'),
      ])
    }
    index += 1
  }
}
