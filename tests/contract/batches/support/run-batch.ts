import type { BatchName, BatchOrder } from '@bedrock-functions/runtime/batches'
import { createBatch } from '@bedrock-functions/runtime/batches'
import { type FollowStep, followBatch } from '@bedrock-functions/runtime/batches/follow'
import { prepareBatch } from '@bedrock-functions/runtime/batches/prepare'
import {
  type AnswerReport,
  answerRecords,
  type BatchItem,
  type RecordCall,
} from '@bedrock-functions/runtime/batches/worker'
import { hashJson } from '@bedrock-functions/runtime/json'
import { createPriceBook } from '@bedrock-functions/runtime/pipeline'
import type { BedrockJobs } from '../../../../layers/runtime/src/batches/bedrock-jobs.ts'
import { DEFAULT_QUOTAS } from '../../../../layers/runtime/src/batches/choose-route.ts'
import type { BudgetGate } from '../../../../layers/runtime/src/pipeline/usage/budget-gate.ts'
import { MODELS } from '../../../support/calls.ts'
import { CALLER, OWNER } from '../../jobs/support/orders.ts'
import { NOVA, type Stack } from '../../jobs/support/start-services.ts'

export const prices = { ...createPriceBook({ region: MODELS.region }), prepare: () => undefined }

/** Bedrock's batch, which must not be called. */
export const NO_JOBS: BedrockJobs = {
  start: () => Promise.reject(new Error('a batch job was started')),
  read: () => Promise.reject(new Error('a batch job was read')),
  stop: () => Promise.reject(new Error('a batch job was stopped')),
}

/** Line of a Converse record. */
export function recordLine(recordId: string, prompt: string): string {
  return JSON.stringify({ recordId, modelInput: { messages: [{ role: 'user', content: [{ text: prompt }] }] } })
}

/** Puts a file of records among the caller's uploads and creates a batch of it. */
export async function createBatchOf(
  { store }: Stack,
  file: string | Uint8Array,
  changes: Partial<BatchOrder> = {},
): Promise<BatchName> {
  const input = { bucket: store.bucket, key: `uploads/${OWNER}/records.jsonl` }
  await store.put(input, file)
  const s3Uri = `s3://${store.bucket}/output/batches`
  const order: BatchOrder = {
    caller: CALLER,
    jobName: 'test',
    askedModelId: NOVA,
    modelId: NOVA,
    type: 'Converse',
    input,
    inputDataConfig: { s3InputDataConfig: { s3Uri: `s3://${store.bucket}/${input.key}` } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri } },
    output: { s3Uri },
    timeoutHours: 24,
    requestHash: hashJson(JSON.stringify(changes)),
    ...changes,
  }
  return createBatch(order, store)
}

export interface Hands {
  readonly budgetGate?: Pick<BudgetGate, 'check'>
  readonly bedrockJobs?: BedrockJobs
  readonly demanded?: string
  readonly minRecords?: number
  readonly remainingMs?: () => number
  readonly onCall?: (call: RecordCall) => void
  /** Called before each round with its number. */
  readonly beforeRound?: (round: number) => Promise<void> | void
}

export function planOf(
  stack: Stack,
  name: BatchName,
  { demanded, minRecords = 100, budgetGate }: Hands = {},
  execution = 'arn:execution',
) {
  return prepareBatch(name, execution, {
    ...stack,
    prices,
    demanded,
    budgetGate,
    readQuotas: async () => ({ ...DEFAULT_QUOTAS, minRecords }),
  })
}

/** Does what the state machine does, without its pauses. Returns the steps. */
export async function runBatch(stack: Stack, name: BatchName, hands: Hands = {}): Promise<FollowStep[]> {
  const steps: FollowStep[] = [await planOf(stack, name, hands)]
  while (true) {
    const step = steps.at(-1) as FollowStep
    if (step.route === 'none') return steps
    await hands.beforeRound?.(step.round)
    if (step.route === 'map') await answerAll(stack, step, hands)
    const next = await followBatch(step, { ...stack, prices, bedrockJobs: hands.bedrockJobs ?? NO_JOBS })
    steps.push(next)
    if (next.isDone) return steps
  }
}

/** Answers the items of a round as the map does. A worker that fails leaves its records. */
export async function answerAll(
  stack: Stack,
  { owner, id, itemsKey }: FollowStep,
  { remainingMs = () => 285_000, onCall = () => {} }: Hands = {},
): Promise<PromiseSettledResult<AnswerReport>[]> {
  const items = await readLinesOf<BatchItem>(stack, itemsKey)
  const dependencies = {
    store: stack.store,
    pipeline: stack.pipeline,
    bedrockDoors: true,
    tokensPerMinute: 0,
    concurrency: 10,
  }
  return Promise.allSettled(
    items.map((item) => answerRecords({ owner, id }, item, { remainingMs, onCall }, dependencies)),
  )
}

export async function readLinesOf<Document>({ store }: Stack, key: string): Promise<Document[]> {
  const stored = await store.get({ bucket: store.bucket, key })
  const text = Buffer.from(stored?.body ?? []).toString()
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Document)
}

/** Line of an output. */
export interface OutputLine {
  readonly recordId: string
  readonly modelInput: unknown
  readonly modelOutput?: { readonly output: { readonly message: { readonly content: readonly { text: string }[] } } }
  readonly error?: { readonly errorCode: number; readonly errorMessage: string }
}

export function readOutput(stack: Stack, { id }: BatchName): Promise<OutputLine[]> {
  return readLinesOf(stack, `output/batches/${id}/records.jsonl.out`)
}
