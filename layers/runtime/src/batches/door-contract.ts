import { BedrockError, RestError } from '../core/errors.ts'
import type { ModelCall } from '../core/model-call.ts'
import { chooseWay } from '../doors/choose-ways.ts'
import type { Door, DoorCall } from '../doors/door.ts'
import { loadDoor, type StatelessDoor } from '../doors/index.ts'
import type { BatchFormat } from './batch.ts'
import {
  type ContractDependencies,
  type OpenRecord,
  type RecordAnswer,
  type RecordCallOptions,
  type RecordContract,
  withoutLineFeeds,
} from './record-contract.ts'

const DOORS: Readonly<Record<BatchFormat, StatelessDoor>> = {
  openai: 'OpenAIChatCompletions',
  anthropic: 'AnthropicMessages',
}

/** Bedrock may name one member that it refuses at a time. */
const MAX_TRIES = 4

/** Creates the contract of a door: records are answered as single calls of the door are, and lines are those of its batches. */
export async function createDoorContract(
  format: BatchFormat,
  dependencies: ContractDependencies,
): Promise<RecordContract> {
  const door = await loadDoor(DOORS[format])
  const lines = LINES[format]
  return {
    answer: (record, options) => answer(door, record, options, dependencies),
    successLine: (record, body) => lines.success(record, withoutLineFeeds(body)),
    errorLine(record, error) {
      const { statusCode, body } = door.toErrorReply(error)
      return lines.error(record, withoutLineFeeds(body), statusCode)
    },
  }
}

async function answer(
  door: Door,
  { modelInput }: OpenRecord,
  { request: { caller, headers = {} }, signal, facts }: RecordCallOptions,
  { pipeline, bedrockDoors }: ContractDependencies,
): Promise<RecordAnswer> {
  const { bytes: body } = modelInput
  const asked = door.read({ headers, query: {}, body })
  if (asked.streams) throw new BedrockError('ValidationException', 'stream must not be true: a batch has no streams.')
  const base = { caller, headers: {}, replyHeaders: {} }
  const { modelId } = await pipeline.resolve({ ...base, operation: 'Converse', modelId: asked.modelId, body }, facts)
  const way = chooseWay(door.operation, modelId, {
    bedrockDoors,
    hasGuardrail: pipeline.hasGuardrail,
    hasProject: pipeline.findProject(base) !== undefined,
    needsConverse: asked.needsConverse(modelId),
  })
  facts.door = way
  const deferred: Promise<unknown>[] = []
  const options = {
    ...{ signal, facts, retry: false },
    remainingMs: () => Number.POSITIVE_INFINITY,
    defer: (_name: string, work: () => Promise<unknown>) => void deferred.push(work().catch(() => {})),
  }
  let plan: DoorCall = asked.plan(way, { modelId })
  for (let tries = 1; ; tries += 1) {
    const call: ModelCall = { ...base, modelId, operation: plan.operation, headers: plan.headers, body: plan.body }
    try {
      const { reply, cost } = await pipeline.answer(call, options)
      await Promise.all(deferred)
      const usage = { inputTokens: Number(facts.inputTokens ?? 0), outputTokens: Number(facts.outputTokens ?? 0) }
      return { body: plan.toAnswer(reply).body, usage, estimatedCost: cost }
    } catch (error) {
      const again = error instanceof RestError && tries < MAX_TRIES ? plan.replan?.(error) : undefined
      if (!again) throw error
      plan = { ...plan, ...again }
    }
  }
}

interface Lines {
  success(record: OpenRecord, body: Buffer): Buffer
  error(record: OpenRecord, body: Buffer, statusCode: number): Buffer
}

/** Sources: OpenAI API Reference, "The request output object"; Anthropic API Reference, MessageBatchIndividualResponse. */
const LINES: Readonly<Record<BatchFormat, Lines>> = {
  openai: {
    success: (record, body) => openAiLine(record, 200, body),
    error: (record, body, statusCode) => openAiLine(record, statusCode, body),
  },
  anthropic: {
    success: (record, body) => anthropicLine(record, 'succeeded', 'message', body),
    error: (record, body) => anthropicLine(record, 'errored', 'error', body),
  },
}

function openAiLine({ recordId, index }: OpenRecord, statusCode: number, body: Buffer): Buffer {
  const id = JSON.stringify(`batch_req_${index}`)
  return join(
    `{"id":${id},"custom_id":${JSON.stringify(recordId)},"response":{"status_code":${statusCode},"request_id":${id},"body":`,
    body,
    '},"error":null}\n',
  )
}

function anthropicLine({ recordId }: OpenRecord, type: string, member: string, body: Buffer): Buffer {
  return join(`{"custom_id":${JSON.stringify(recordId)},"result":{"type":"${type}","${member}":`, body, '}}\n')
}

function join(before: string, body: Buffer, after: string): Buffer {
  return Buffer.concat([Buffer.from(before), body, Buffer.from(after)])
}
