import type { ModelCall } from '@bedrock-functions/runtime/core'
import { createCallPipeline, createGuardrailStage } from '@bedrock-functions/runtime/pipeline'

const models = { region: 'eu-central-1', residency: 'geography', aliases: {} } as const

function callOf(changes: Partial<ModelCall> = {}): ModelCall {
  return {
    operation: 'Converse',
    modelId: 'claude-sonnet',
    headers: {},
    body: Buffer.from('{"messages":[]}'),
    caller: 'key:abc',
    replyHeaders: {},
    facts: {},
    ...changes,
  }
}

function pipelineWith(streamProcessingMode: 'sync' | 'async' | undefined) {
  const guardrail = createGuardrailStage({ guardrailIdentifier: 'abc', guardrailVersion: '1', streamProcessingMode })
  return createCallPipeline({
    configuration: { allowedModels: ['*'] },
    models,
    chains: [],
    content: (call) => call,
    guardrail,
  })
}

test('what the resolver has found stands in the facts of the call itself', async () => {
  const call = callOf()
  const [first] = await pipelineWith(undefined).plan(call)
  expect(first?.facts).toBe(call.facts)
  expect(call.facts).toMatchObject({ requestedModelId: 'claude-sonnet', modelId: first?.modelId })
})

test('the guardrail is the last to change a document, behind the name of the caller', async () => {
  const { body } = await pipelineWith(undefined).prepare(callOf({ modelId: 'eu.amazon.nova-lite-v1:0' }))
  expect(Buffer.from(body).toString()).toMatch(/^\{"guardrailConfig":\{.*\},"requestMetadata":\{"caller":"key:abc"\},/)
})

test.each([
  [undefined, 'async'],
  [true, 'sync'],
])('a stream of which nothing is shown before its end (%s) is guarded %s', async (isShownWhole, expected) => {
  const call = callOf({ operation: 'ConverseStream', ...(isShownWhole && { isShownWhole }) })
  const { body } = await pipelineWith('async').prepare(call)
  expect(JSON.parse(Buffer.from(body).toString()).guardrailConfig.streamProcessingMode).toBe(expected)
})

test('in Europe a bare id of a model with a profile there becomes that profile', async () => {
  const { modelId } = await pipelineWith(undefined).resolve(callOf({ modelId: 'amazon.nova-lite-v1:0' }))
  expect(modelId).toBe('eu.amazon.nova-lite-v1:0')
})
