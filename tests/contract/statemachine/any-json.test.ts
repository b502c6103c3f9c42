import { type RunningWorkflow, startWorkflow } from './support/start-workflow.ts'

/** Random JSON instead of requests and answers. Expressions must not fail: after a paid call its answer would be lost. */

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

let workflow: RunningWorkflow
beforeAll(async () => {
  workflow = await startWorkflow()
})
afterAll(async () => {
  workflow.functions.close()
  await workflow.close()
})

const ODD: readonly Json[] = [
  ...[
    null,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    1e21,
    '',
    'a',
    'auto',
    'direct',
    '{',
    '*',
    '\ud800',
    'key',
    's3://jobs/uploads/o/x',
  ],
  ...[[], [1], [[1]], [[], [[]]], [null], ['auto'], [{ prompt: 'a' }]],
  ...[{}, { a: 1 }, { text: 'x' }, { '': 1 }, { $: 2 }, { s3Location: { uri: 'x' } }],
  'arn:aws:bedrock:us-east-1::foundation-model/x',
]
const NAMES = ['A', 'bytes', 'json', 'input', 'promptVariables', 'requestMetadata', 'b']
const FIELDS = ['prompt', 'converse', 'invokeModel', 'inputS3Uri', 'inputType', 'modelId', 'mode', 'maxTokens']
const SETTINGS = ['waitSeconds', 'onTimeout', 'guardrail', 'clientRequestToken']
const MODES = ['direct', 'sync', 'async', 'auto']

let state = 20_261_127
/** Number from 0 to `limit` - 1, the same in every run. Source: the generator of the C standard's example. */
function random(limit: number): number {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
  return Math.floor((state / 2_147_483_648) * limit)
}

function pick<Item>(list: readonly Item[]): Item {
  return list[random(list.length)] as Item
}

/** Replaces, removes and adds members at random. */
function mutate(value: Json): Json {
  if (random(5) === 0) return pick(ODD)
  if (Array.isArray(value)) return value.map(mutate)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(() => random(8) > 0)
  const added = random(6) === 0 ? [[pick(NAMES), pick(ODD)] as const] : []
  return Object.fromEntries([...members.map(([name, member]) => [name, mutate(member)] as const), ...added])
}

const REQUESTS: readonly Json[] = [
  { prompt: 'a' },
  { converse: { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] } },
  {
    invokeModel: {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'Hi' }],
    },
  },
  { inputS3Uri: 's3://jobs/uploads/o/1' },
  {},
]

function makeRequest(): Json {
  const request = mutate(pick(REQUESTS))
  if (typeof request !== 'object' || request === null || Array.isArray(request)) return request
  const settings = Array.from({ length: random(3) }, () => [pick([...FIELDS, ...SETTINGS]), pick(ODD)] as const)
  return { mode: pick(MODES), waitSeconds: 1, ...request, ...Object.fromEntries(settings) }
}

function makeContext(): Json {
  return pick<Json>([{}, pick(ODD), { identity: pick(ODD) }, { identity: { userArn: pick(ODD), apiKeyId: pick(ODD) } }])
}

test('any input ends in a result or in an error that is not the fault of the workflow', async () => {
  const ends = new Map<string, number>()
  for (let round = 0; round < 400; round += 1) {
    const request = makeRequest()
    const input = random(2) === 0 ? request : { request, requestContext: makeContext() }
    const { status, error, cause } = await workflow.run(input)
    expect({ input, error, cause }).not.toMatchObject({ error: expect.stringMatching(/^States\.|^InternalServer/) })
    ends.set(error ?? status, (ends.get(error ?? status) ?? 0) + 1)
  }
  expect(ends.get('SUCCEEDED')).toBeGreaterThan(20)
  expect(ends.get('ValidationException')).toBeGreaterThan(100)
})

const ANSWERS: readonly (readonly [functionName: string, answer: Json, input: Json])[] = [
  [
    'InvokeEventFunction',
    {
      output: { message: { role: 'assistant', content: [{ text: 'a' }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: 1, outputTokens: 2 },
      estimatedCost: null,
    },
    { prompt: 'a', mode: 'sync' },
  ],
  [
    'InvokeEventFunction',
    {
      contentType: 'application/json',
      body: { content: [{ text: 'x' }], usage: { input_tokens: 1, output_tokens: 2 } },
    },
    { invokeModel: { max_tokens: 1 }, mode: 'sync' },
  ],
  [
    'StartJobEventFunction',
    { invocationArn: 'arn:aws:bedrock:us-east-1:1:async-invoke/a' },
    { prompt: 'a', mode: 'async' },
  ],
  [
    'PollJobEventFunction',
    { status: 'Completed', outputs: [{ s3Uri: 's3://jobs/output/owner/000000000000/output.json' }] },
    { prompt: 'a', mode: 'async', waitSeconds: 1 },
  ],
  [
    'PollJobEventFunction',
    { status: 'Failed', failureType: 'ModelErrorException', failureMessage: 'broken' },
    { prompt: 'a', mode: 'async', waitSeconds: 1 },
  ],
]

test('any answer of a function ends in a result, in its failure, or as an answer that is no document', async () => {
  for (let round = 0; round < 300; round += 1) {
    const [functionName, answer, input] = pick(ANSWERS)
    const payload = JSON.stringify(mutate(answer))
    workflow.functions.answerNext(functionName, payload)
    const { status, error, cause } = await workflow.run(input)
    const isKnown = status === 'SUCCEEDED' || cause?.includes('no document') || !/^States\.|^Internal/.test(error ?? '')
    expect({ payload, error, cause, isKnown }).toMatchObject({ isKnown: true })
  }
})
