import type { BedrockRequest } from '@bedrock-functions/runtime/bedrock'
import { BedrockError } from '@bedrock-functions/runtime/core'
import type { ModelOperation } from '../../../../layers/runtime/src/core/model-call.ts'
import type { GuardrailOptions } from '../../../../layers/runtime/src/pipeline/guardrail/guardrail-options.ts'
import { createGuardrailStage } from '../../../../layers/runtime/src/pipeline/guardrail/guardrail-stage.ts'
import { passStage, UNCALLED } from '../../../support/calls.ts'

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123'

/** Returns the body after the stage, and the requests to a Bedrock that answers ApplyGuardrail with `verdict`. */
async function guard(
  body: string,
  verdict: object,
  options: Partial<GuardrailOptions> = {},
  operation: ModelOperation = 'InvokeModel',
) {
  const requests: BedrockRequest[] = []
  const bedrock = {
    ...UNCALLED,
    async send(request: BedrockRequest) {
      requests.push(request)
      if (verdict instanceof Error) throw verdict
      const headers = { 'x-amzn-requestid': 'id-1' }
      return { statusCode: 200, headers, attempts: 1, body: Buffer.from(JSON.stringify(verdict)) }
    },
  }
  const stage = createGuardrailStage({ guardrailIdentifier: 'abc123', guardrailVersion: '1', ...options }, bedrock)
  const call = { operation, modelId: 'any', headers: {}, caller: undefined, replyHeaders: {} } as const
  const passed = await passStage(stage, { ...call, body: Buffer.from(body) })
  return { requests, body: Buffer.from(passed.body).toString() }
}

const NONE = { action: 'NONE', outputs: [], assessments: [] }
const shown = ({ requests }: { requests: readonly BedrockRequest[] }) =>
  requests.map(({ body }) =>
    JSON.parse(Buffer.from(body).toString()).content.map(({ text }: { text: { text: string } }) => text.text),
  )

test.each([
  ['Claude', '{"system":"a","messages":[]}', ['a']],
  ['Claude, in blocks', '{"system":[{"type":"text","text":"a"},{"type":"text","text":"\\u0062"}]}', ['a', 'b']],
  ['Nova', '{"system":[{"text":"a"}],"messages":[{"role":"user","content":[{"text":"no"}]}]}', ['a']],
  [
    'chat completions',
    '{"messages":[{"role":"system","content":"a"},{"role":"developer","content":[{"type":"text","text":"b"}]},{"role":"user","content":"no"}]}',
    ['a', 'b'],
  ],
  [
    'Cohere',
    '{"message":"no","preamble":"a","chat_history":[{"role":"SYSTEM","message":"b"},{"role":"USER","message":"no"}]}',
    ['a', 'b'],
  ],
])('the system prompt of a body of %s is evaluated', async (_, body, texts) => {
  const guarded = await guard(body, NONE)
  expect(shown(guarded)).toEqual([texts])
  expect(guarded.requests[0]?.path).toBe('/guardrail/abc123/version/1/apply')
  expect(guarded.body).toBe(body)
})

test.each<[string, string, Partial<GuardrailOptions>]>([
  ['has no system prompt', '{"system":"","messages":[{"role":"user","content":"system"}]}', {}],
  ['may mark what is evaluated', '{"system":"a"}', { contentGuarding: 'SELECTIVE' }],
  ['may mark which system prompt is evaluated', '{"system":"a"}', { systemGuarding: 'SELECTIVE' }],
])('a caller that %s causes no additional call', async (_, body, options) => {
  expect((await guard(body, NONE, options)).requests).toEqual([])
})

test("the guardrail's masks are applied, and the rest stays the same bytes", async () => {
  const body = '{ "n":1.0,"system":[{"text":"jane@example.com"}, {"text":"b"}],"messages":[1e400] }'
  const assessments = [{ sensitiveInformationPolicy: { piiEntities: [{ action: 'ANONYMIZED' }] } }]
  const verdict = { action: 'GUARDRAIL_INTERVENED', outputs: [{ text: '{EMAIL}' }, { text: 'b' }], assessments }
  expect((await guard(body, verdict)).body).toBe(body.replace('jane@example.com', '{EMAIL}'))
})

test.each([
  ['blocks', [{ text: 'Sorry, no.' }], [{ topicPolicy: { topics: [{ action: 'BLOCKED' }] } }]],
  ['changes in a way that cannot be told', [{ text: 'Sorry, no.' }], []],
])('a system prompt that the guardrail %s is refused with its message', async (_, outputs, assessments) => {
  const body = '{"system":[{"text":"a"},{"text":"b"}]}'
  const verdict = { action: 'GUARDRAIL_INTERVENED', outputs, assessments }
  await expect(guard(body, verdict, { guardrailIdentifier: ARN })).rejects.toMatchObject({
    name: 'ValidationException',
    message: "This stack's guardrail, abc123:1, blocked the system prompt: Sorry, no.",
    headers: {
      'x-bedrock-functions-bedrock-request-id': 'id-1',
      'x-bedrock-functions-guardrail': 'abc123:1',
    },
  })
})

test('a failure of ApplyGuardrail is distinct from one of the model', async () => {
  const failure = new BedrockError('ThrottlingException', 'Too many requests', { headers: { 'retry-after': '1' } })
  await expect(guard('{"system":"a"}', failure)).rejects.toMatchObject({
    name: 'ThrottlingException',
    statusCode: 429,
    message: 'Too many requests (ApplyGuardrail, for the system prompt)',
    headers: { 'retry-after': '1' },
  })
})

describe('a spoken turn', () => {
  const turn = JSON.stringify({
    system: [{ text: 'a' }],
    messages: [
      {
        role: 'assistant',
        content: [{ text: 'b' }, { toolUse: { toolUseId: 'id', name: 'f', input: { x: 'c', n: 1 } } }],
      },
      { role: 'user', content: [{ toolResult: { toolUseId: 'id', content: [{ text: 'd' }, { json: ['e'] }] } }] },
      { role: 'user', content: [{ audio: { format: 'wav', source: { bytes: 'UklGRg==' } } }] },
    ],
  })

  test('has its texts evaluated, and not its speech', async () => {
    const guarded = await guard(turn, NONE, {}, 'ConverseAudio')

    expect(shown(guarded)).toEqual([['a', 'b', 'x', 'n', 'c', 'd', 'e']])
    expect(guarded.body).toBe(turn)
  })

  test('has the names in the JSON of inputs and results evaluated, which the model reads, too', async () => {
    const use = { toolUse: { toolUseId: 'id', name: 'f', input: { name: 'a', status: ['b'], c: { role: 1 } } } }
    const result = { toolResult: { toolUseId: 'id', status: 'success', content: [{ json: { d: { audio: 'e' } } }] } }
    const body = JSON.stringify({ messages: [{ role: 'user', content: [use, result] }] })
    expect(shown(await guard(body, NONE, {}, 'ConverseAudio'))).toEqual([
      ['name', 'status', 'c', 'a', 'b', 'role', 'd', 'audio', 'e'],
    ])

    const assessments = [{ sensitiveInformationPolicy: { piiEntities: [{ action: 'ANONYMIZED' }] } }]
    const outputs = [{ text: '{EMAIL}' }, { text: 'x' }]
    const masked = '{"messages":[{"content":[{"toolUse":{"input":{"jane@example.com":"x"}}}]}]}'
    const guarded = await guard(masked, { action: 'GUARDRAIL_INTERVENED', outputs, assessments }, {}, 'ConverseAudio')
    expect(guarded.body).toBe(masked.replace('jane@example.com', '{EMAIL}'))
  })

  test('has no system prompt evaluated where callers mark it', async () => {
    expect(shown(await guard(turn, NONE, { systemGuarding: 'SELECTIVE' }, 'ConverseAudio'))).toEqual([
      ['b', 'x', 'n', 'c', 'd', 'e'],
    ])
  })

  test('with a blocked text is refused', async () => {
    const verdict = {
      action: 'GUARDRAIL_INTERVENED',
      outputs: [{ text: 'Sorry, no.' }],
      assessments: [{ topicPolicy: { topics: [{ action: 'BLOCKED' }] } }],
    }

    await expect(guard(turn, verdict, {}, 'ConverseAudio')).rejects.toThrow(
      "This stack's guardrail, abc123:1, blocked a text: Sorry, no.",
    )
  })

  test('with a repeated member is refused, since parsers differ in which one they use', async () => {
    await expect(guard('{"messages":[],"messages":[]}', NONE, {}, 'ConverseAudio')).rejects.toThrow('more than once')
  })
})
