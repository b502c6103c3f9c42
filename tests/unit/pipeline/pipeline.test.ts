import type { BedrockRequest } from '@bedrock-functions/runtime/bedrock'
import { BedrockError, type Facts, type ModelCall } from '@bedrock-functions/runtime/core'
import { readJsonIfAny } from '../../../layers/runtime/src/json/json-document.ts'
import { cacheKey } from '../../../layers/runtime/src/pipeline/cache/cache-key.ts'
import { createGuardrailStage } from '../../../layers/runtime/src/pipeline/guardrail/guardrail-stage.ts'
import type { PipelineOptions } from '../../../layers/runtime/src/pipeline/pipeline.ts'
import { callBasics, createTestPipeline, UNCALLED } from '../../support/calls.ts'

const models = { region: 'eu-central-1', residency: 'geography', aliases: {} } as const

function callOf(changes: Partial<ModelCall> = {}): ModelCall {
  return {
    operation: 'Converse',
    modelId: 'eu.amazon.nova-lite-v1:0',
    headers: {},
    body: Buffer.from('{"messages":[]}'),
    caller: 'key:abc',
    replyHeaders: {},
    ...changes,
  }
}

/** Creates a pipeline whose Bedrock answers without streams and records its requests. */
function pipelineWith(changes: Partial<PipelineOptions> = {}) {
  const sent: BedrockRequest[] = []
  const bedrock = {
    ...UNCALLED,
    openStream: () => Promise.reject(new BedrockError('ValidationException', 'The model does not support streaming.')),
    async send(request: BedrockRequest) {
      sent.push(request)
      return { statusCode: 200, headers: { 'x-amzn-requestid': '0b7f' }, body: Buffer.from('{}'), attempts: 1 }
    },
  }
  return { pipeline: createTestPipeline(bedrock, { models, ...changes }), sent }
}

const guardrail = (streamProcessingMode?: 'sync' | 'async') =>
  createGuardrailStage({ guardrailIdentifier: 'abc', guardrailVersion: '1', streamProcessingMode }, UNCALLED)

const textOf = (request: BedrockRequest | undefined) => Buffer.from(request?.body ?? '').toString()

test('the guardrail is the last stage, after the name of the caller', async () => {
  const { pipeline, sent } = pipelineWith({ guardrail: guardrail() })
  await pipeline.answer(callOf(), { ...callBasics(), retry: false })
  expect(textOf(sent[0])).toBe(
    '{"requestMetadata":{"caller":"key:abc"},"guardrailConfig":{"guardrailIdentifier":"abc","guardrailVersion":"1"},"messages":[]}',
  )
})

test('a body is edited once, and unedited bytes stay the same', async () => {
  const { pipeline, sent } = pipelineWith({ guardrail: guardrail() })
  const rest = ' "n" : [12345678901234567890, 1.10, -0, 1e400], "pr\\u00e9nom":"x","messages":[] }'
  await pipeline.answer(callOf({ body: Buffer.from(`{${rest}`) }), { ...callBasics(), retry: false })
  expect(textOf(sent[0])).toMatch(/^\{"requestMetadata":.*,"guardrailConfig":\{[^}]*\},/)
  expect(textOf(sent[0]).endsWith(rest)).toBe(true)
})

test('an alias becomes a profile, and the answer names it', async () => {
  const { pipeline } = pipelineWith()
  const { reply } = await pipeline.answer(callOf({ modelId: 'nova-lite' }), { ...callBasics(), retry: false })
  expect(reply.headers['x-bedrock-functions-model']).toBe('eu.amazon.nova-lite-v1:0')
})

test('a job uses the same stages, and Converse if the model cannot stream', async () => {
  const { pipeline, sent } = pipelineWith({ guardrail: guardrail() })
  const facts: Facts = {}
  await pipeline.answerJob({ ...callOf(), kind: 'converse' }, { signal: new AbortController().signal, facts })
  expect(facts.bedrockRequestId).toBe('0b7f')
  expect(sent.map(({ path }) => path)).toEqual(['/model/eu.amazon.nova-lite-v1%3A0/converse'])
  expect(JSON.parse(textOf(sent[0]))).toMatchObject({
    requestMetadata: { caller: 'key:abc' },
    guardrailConfig: { guardrailIdentifier: 'abc' },
  })
})

test('a job keeps the project that its request names, and gets that of its caller', async () => {
  const named = pipelineWith()
  const body = Buffer.from('{"projectIdentifier":"proj_9"}')
  const signal = new AbortController().signal
  const facts: Facts = {}
  await named.pipeline.answerJob({ ...callOf({ body }), kind: 'converse' }, { signal, facts })
  const headers = { 'x-amzn-bedrock-projectidentifier': 'proj_9' }
  await named.pipeline.answerJob({ ...callOf({ headers }), kind: 'invoke' }, { signal, facts: {} })
  const { pipeline, sent } = pipelineWith({ callerProjects: [{ pattern: 'key:abc', project: 'proj_1' }] })
  await pipeline.answerJob({ ...callOf(), kind: 'converse' }, { signal, facts: {} })

  expect(JSON.parse(textOf(named.sent[0]))).toMatchObject({ projectIdentifier: 'proj_9' })
  expect(named.sent[1]?.headers).toMatchObject(headers)
  expect(JSON.parse(textOf(sent[0]))).toMatchObject({ projectIdentifier: 'proj_1' })
  expect(facts).toMatchObject({ project: 'proj_9' })
})

test('the project of the caller is part of the key of the response cache', async () => {
  const found: ModelCall[] = []
  const responseCache = {
    async find(call: ModelCall) {
      found.push(call)
      return { headers: {} }
    },
  }
  for (const project of ['proj_1', 'proj_2']) {
    const { pipeline } = pipelineWith({ responseCache, callerProjects: [{ pattern: '*', project }] })
    await pipeline.answer(callOf(), { ...callBasics(), retry: false })
    await pipeline.answer(callOf({ operation: 'InvokeModel' }), { ...callBasics(), retry: false })
  }
  const keys = found.map((call) => cacheKey(call, readJsonIfAny(call.body)))
  expect(new Set(keys).size).toBe(4)
})

test('facts about the model are also recorded for a refusal', async () => {
  const { pipeline } = pipelineWith({ allowedModels: ['anthropic.*'] })
  const facts: Facts = {}
  const asked = callOf({ modelId: 'amazon.nova-lite-v1:0' })
  await expect(pipeline.answer(asked, { ...callBasics(), facts, retry: false })).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
  expect(facts.modelId).toBe('amazon.nova-lite-v1:0')
})

test('a misspelt name outside of the allow-list is answered with the nearest allowed model', async () => {
  const { pipeline } = pipelineWith({ allowedModels: ['*.amazon.nova-lite*'] })
  await expect(pipeline.resolve(callOf({ modelId: 'nova-lte' }), {})).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringMatching(/ this stack allows .* Did you mean eu\.amazon\.nova-lite-v1:0\?/),
  })
})

test('in Europe a model id becomes its European profile', async () => {
  const { pipeline } = pipelineWith()
  const { modelId } = await pipeline.resolve(callOf({ modelId: 'amazon.nova-lite-v1:0' }), {})
  expect(modelId).toBe('eu.amazon.nova-lite-v1:0')
})

test.each([
  ['a stream of a caller', 'async'],
  ['a stream of a job, of which nothing is shown before its end', 'sync'],
])('the guardrail of %s is %s', async (what, expected) => {
  const opened: BedrockRequest[] = []
  const stop = new BedrockError('ThrottlingException', 'enough')
  const bedrock = {
    ...UNCALLED,
    openStream(request: BedrockRequest) {
      opened.push(request)
      return Promise.reject(stop)
    },
  }
  const pipeline = createTestPipeline(bedrock, { models, guardrail: guardrail('async') })
  const call = callOf({ operation: 'ConverseStream' })
  const outcome = what.includes('job')
    ? pipeline.answerJob({ ...call, kind: 'converse' }, { signal: new AbortController().signal, facts: {} })
    : pipeline.open(call, { ...callBasics(), retry: false, silenceLimitMs: 60_000 })
  await expect(outcome).rejects.toMatchObject({ name: 'ThrottlingException' })
  expect(JSON.parse(textOf(opened[0])).guardrailConfig.streamProcessingMode).toBe(expected)
})
