import type { ModelCall } from '../../../../layers/runtime/src/core/model-call.ts'
import type { GuardrailOptions } from '../../../../layers/runtime/src/pipeline/guardrail/guardrail-options.ts'
import { createGuardrailStage } from '../../../../layers/runtime/src/pipeline/guardrail/guardrail-stage.ts'
import { passStageAtOnce, UNCALLED } from '../../../support/calls.ts'
import { cpuMsSince } from '../../../support/cpu-time.ts'

const OWN = { guardrailIdentifier: 'abc123', guardrailVersion: '1' }
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123'
const MEMBER = '"guardrailConfig":{"guardrailIdentifier":"abc123","guardrailVersion":"1"}'

function guard(
  body: string | Uint8Array,
  options: Partial<GuardrailOptions> = {},
  call: Partial<ModelCall> = {},
): ModelCall {
  return passStageAtOnce(createGuardrailStage({ ...OWN, guardrailArn: ARN, ...options }, UNCALLED), {
    operation: 'Converse',
    modelId: 'amazon.nova-lite-v1:0',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
    caller: undefined,
    replyHeaders: {},
    ...call,
  })
}

function textOf(...parameters: Parameters<typeof guard>): string {
  return Buffer.from(guard(...parameters).body).toString()
}

function refusal(...parameters: Parameters<typeof guard>): { name: string; message: string } {
  try {
    guard(...parameters)
  } catch (error) {
    return error as Error
  }
  throw new Error('was not refused')
}

describe('a document without a guardrail', () => {
  test.each([
    ['{"messages":[]}', `{${MEMBER},"messages":[]}`],
    [' \n{ "a": 1.0 }', ` \n{${MEMBER}, "a": 1.0 }`],
    [' { } ', ` {${MEMBER} } `],
    ['{"n":12345678901234567890,"later":{"new":[1e3]}}', `{${MEMBER},"n":12345678901234567890,"later":{"new":[1e3]}}`],
  ])('of %j gets one member and is otherwise the same bytes', (body, expected) => {
    expect(textOf(body)).toBe(expected)
  })

  test('may mention guardrails in a text', () => {
    const body = '{"n":1.0,"messages":[{"role":"user","content":[{"text":"\\"guardrailConfig\\": {}"}]}]}'
    expect(textOf(body)).toBe(`{${MEMBER},${body.slice(1)}`)
  })

  test('may begin with much white space', () => {
    expect(textOf(`${' '.repeat(10_000)}{}`).trim()).toBe(`{${MEMBER}}`)
  })

  test("gets the stack's trace, and its mode for streams", () => {
    const options = { trace: 'enabled_full', streamProcessingMode: 'async' } as const
    expect(JSON.parse(textOf('{}', options)).guardrailConfig).toEqual({ ...OWN, trace: 'enabled_full' })
    expect(JSON.parse(textOf('{}', options, { operation: 'ConverseStream' })).guardrailConfig).toEqual({
      ...OWN,
      trace: 'enabled_full',
      streamProcessingMode: 'async',
    })
  })

  test('gets an answer that names the guardrail', () => {
    const call = guard('{}', { guardrailIdentifier: ARN }, { replyHeaders: { 'x-other': '1' } })
    expect(call.replyHeaders).toEqual({ 'x-other': '1', 'x-bedrock-functions-guardrail': 'abc123:1' })
  })

  test("with Python's escapes of every non-ASCII letter costs one pass and no parse", () => {
    const body = `{"n":1.0,"text":"${'\\u65e5\\u00e9\\"'.repeat(200_000)}"}`
    const start = process.cpuUsage()
    expect(textOf(body)).toHaveLength(body.length + MEMBER.length + 1)
    expect(cpuMsSince(start)).toBeLessThan(1000)
  })
})

describe('a document with a guardrail', () => {
  test.each([
    ['its id', { guardrailIdentifier: 'abc123', guardrailVersion: '1' }],
    ['its ARN', { guardrailIdentifier: ARN, guardrailVersion: '1' }],
    ['nothing', {}],
    ['empty names', { guardrailIdentifier: '', guardrailVersion: '' }],
    ['nulls', { guardrailIdentifier: null, guardrailVersion: null, trace: null }],
    ['only the version', { guardrailVersion: '1' }],
  ])("named by %s gets the stack's own", (_, guardrailConfig) => {
    expect(JSON.parse(textOf(JSON.stringify({ guardrailConfig }))).guardrailConfig).toMatchObject(OWN)
  })

  test('is changed in this value only', () => {
    const body = '{ "a": 1.0, "guardrailConfig" : {"guardrailVersion":"1"} , "b":[12345678901234567890] }'
    expect(textOf(body)).toBe(
      '{ "a": 1.0, "guardrailConfig" : {"guardrailIdentifier":"abc123","guardrailVersion":"1"} , "b":[12345678901234567890] }',
    )
  })

  test('may have null', () => {
    expect(JSON.parse(textOf('{"guardrailConfig":null}')).guardrailConfig).toEqual(OWN)
  })

  test("keeps the caller's trace and mode, and unknown members", () => {
    const guardrailConfig = { trace: 'enabled', streamProcessingMode: 'async', newMember: [1] }
    const body = JSON.stringify({ guardrailConfig })
    const options = { trace: 'disabled' } as const
    const config = JSON.parse(textOf(body, options, { operation: 'ConverseStream' })).guardrailConfig
    expect(config).toEqual({ ...OWN, ...guardrailConfig })
  })

  test('does not become asynchronous if the stack sets sync', () => {
    const body = '{"guardrailConfig":{"streamProcessingMode":"async"}}'
    const call = { operation: 'ConverseStream' } as const
    expect(JSON.parse(textOf(body, { streamProcessingMode: 'sync' }, call)).guardrailConfig.streamProcessingMode).toBe(
      'sync',
    )
  })

  test.each([
    ['another id', { guardrailIdentifier: 'other', guardrailVersion: '1' }, 'guardrailConfig.guardrailIdentifier'],
    [
      'another id of a stack that is named by ARN',
      { guardrailIdentifier: 'other' },
      'guardrailConfig.guardrailIdentifier',
    ],
    ['the draft', { guardrailIdentifier: 'abc123', guardrailVersion: 'DRAFT' }, 'guardrailConfig.guardrailVersion'],
    ['an older version alone', { guardrailVersion: '0' }, 'guardrailConfig.guardrailVersion'],
    ['a number', { guardrailIdentifier: 5 }, 'guardrailConfig.guardrailIdentifier'],
  ])('that names %s is refused, not replaced', (_, guardrailConfig, member) => {
    const { name, message } = refusal(JSON.stringify({ guardrailConfig }), { guardrailIdentifier: ARN })
    expect(name).toBe('AccessDeniedException')
    expect(message).toContain(`${member} names another guardrail than this stack's, abc123 in version 1`)
  })

  test.each(['[]', '"off"', 'false', '0'])('that is malformed is refused: %s', (value) => {
    expect(refusal(`{"guardrailConfig":${value}}`).name).toBe('ValidationException')
  })
})

describe('a document that tries to hide its configuration', () => {
  const other = '{"guardrailIdentifier":"weak","guardrailVersion":"1"}'

  test.each([
    ['an escaped letter', `{"\\u0067uardrailConfig":${other}}`],
    [
      'escapes throughout',
      `{"${[...'guardrailConfig'].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')}":${other}}`,
    ],
    ['capital hexadecimal', `{"guardrai\\u006CConfig":${other}}`],
  ])('with %s in a name has that name', (_, body) => {
    expect(refusal(body).name).toBe('AccessDeniedException')
    const own = body.replace(other, '{}')
    expect(JSON.parse(textOf(own))).toEqual({ guardrailConfig: OWN })
  })

  test.each([
    ['the configuration', `{"guardrailConfig":{},"guardrailConfig":${other}}`],
    ['it, once with escapes', `{"guardrailConfig":{},"guardrai\\u006cConfig":${other}}`],
    ['the identifier', '{"guardrailConfig":{"guardrailIdentifier":"weak","guardrailIdentifier":"abc123"}}'],
    [
      'messages, one of them with guarded content',
      '{"messages":[{"role":"user","content":[{"text":"bad"},{"guardContent":{"text":{"text":"x"}}}]}],"messages":[]}',
    ],
  ])('with %s given twice is refused for any order', (_, body) => {
    expect(refusal(body)).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('more than once'),
    })
  })

  test.each([
    ['no object', '[{"guardrailConfig":{}}]'],
    ['no document', 'guardrailConfig'],
    ['nothing', ''],
    ['a second document behind the first', `{}{"guardrailConfig":${other}}`],
    ['a comment', `{/*"guardrailConfig"*/"guardrailConfig":${other}}`],
    ['UTF-16, little end first', Buffer.from(`\ufeff{"guardrailConfig":${other}}`, 'utf16le')],
    ['UTF-16, big end first', Buffer.from(`{"guardrailConfig":${other}}`, 'utf16le').swap16()],
    // Jackson accepts an overlong form of a letter as the letter.
    [
      'an overlong letter',
      Buffer.concat([Buffer.from('{"'), Buffer.from([0xc1, 0xa7]), Buffer.from(`uardrailConfig":${other}}`)]),
    ],
  ])('with %s is refused', (_, body) => {
    expect(refusal(body).name).toBe('ValidationException')
  })

  test('with a byte order mark is read', () => {
    expect(refusal(Buffer.from(`\ufeff{"guardrailConfig":${other}}`)).name).toBe('AccessDeniedException')
  })

  test('in UTF-16 without a byte order mark stays unreadable', () => {
    const body = Buffer.from(`{"guardrailConfig":${other}}`, 'utf16le')
    expect(() => JSON.parse(textOf(body))).toThrow()
    expect(() => JSON.parse(Buffer.from(guard(body).body).toString('utf16le'))).toThrow()
  })

  test.each([
    'application/json; charset=utf-16',
    'application/json;charset=IBM037',
    'APPLICATION/JSON',
    'application/octet-stream',
  ])('with a content type that changes its bytes gets JSON: %s', (type) => {
    expect(guard('{}', {}, { headers: { 'content-type': type, accept: 'x' } }).headers).toEqual({
      'content-type': 'application/json',
      accept: 'x',
    })
  })

  test("does not get InvokeModel's headers", () => {
    const own = { 'content-type': 'application/json', 'x-amzn-bedrock-trace': 'ENABLED' }
    const headers = { ...own, 'x-amzn-bedrock-guardrailidentifier': 'weak', 'x-amzn-bedrock-guardrailversion': '1' }
    expect(guard('{}', {}, { headers }).headers).toEqual(own)
  })

  test('may have the name in a nested object', () => {
    const body = `{"additionalModelRequestFields":{"guardrailConfig":${other}}}`
    expect(textOf(body)).toBe(`{${MEMBER},${body.slice(1)}`)
  })

  test("cannot have InvokeModel's configuration in additionalModelRequestFields", () => {
    const fields = { 'amazon-bedrock-guardrailConfig': { tagSuffix: 'x' } }
    const body = JSON.stringify({ additionalModelRequestFields: fields })
    expect(refusal(body).message).toContain('is for InvokeModel')
    expect(refusal(body.replace('amazon-bedrock', 'amazon\\u002Dbedrock')).message).toContain('is for InvokeModel')
  })

  test('with a million brackets is read without recursion', () => {
    const depth = 1_000_000
    const body = `{"guardContent":1,"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
    const attempt = () => textOf(body)
    expect(attempt).not.toThrow(RangeError)
  })
})

describe('hidden content', () => {
  const guarded = { guardContent: { text: { text: 'Hello' } } }
  const query = { guardContent: { text: { text: 'Hello', qualifiers: ['query'] } } }
  const bodyOf = (...content: object[]) => JSON.stringify({ messages: [{ role: 'user', content }] })

  test.each<[string, string, string]>([
    [
      'text beside guarded content',
      bodyOf({ text: 'bad' }, guarded),
      'messages.0.content.0 is outside of guardContent',
    ],
    ['a document beside it', bodyOf(guarded, { document: {} }), 'messages.0.content.1 is outside of guardContent'],
    ['what nobody knows yet', bodyOf(guarded, { hologram: {} }), 'messages.0.content.1 is outside of guardContent'],
    [
      'a query that is not guarded itself',
      bodyOf(query, guarded),
      'messages.0.content.0.guardContent is a source or query only',
    ],
    [
      'another message',
      JSON.stringify({
        messages: [
          { role: 'user', content: [{ text: 'bad' }] },
          { role: 'assistant', content: [guarded] },
        ],
      }),
      'messages.0.content.0 is outside of guardContent',
    ],
    [
      'text, the name escaped',
      bodyOf({ text: 'bad' }, guarded).replace('guardContent', 'guar\\u0064Content'),
      'messages.0.content.0 is outside',
    ],
  ])('is refused: %s', (_, body, fact) => {
    const { name, message } = refusal(body)
    expect(name).toBe('ValidationException')
    expect(message).toContain(fact)
  })

  test.each<[string, string]>([
    ['everything is guarded', bodyOf(guarded, { guardContent: { image: { format: 'png', source: {} } } })],
    [
      'a source is guarded, too',
      bodyOf({ guardContent: { text: { text: 'a', qualifiers: ['grounding_source', 'guard_content'] } } }, guarded),
    ],
    ['what guardrails never look at', bodyOf(guarded, { toolResult: {} }, { cachePoint: { type: 'default' } })],
    [
      'only the system prompt is guarded',
      JSON.stringify({ system: [guarded], messages: [{ role: 'user', content: [{ text: 'x' }] }] }),
    ],
    [
      'a tool of that name',
      '{"toolConfig":{"tools":[{"toolSpec":{"name":"guardContent"}}]},"messages":[{"role":"user","content":[{"text":"x"}]}]}',
    ],
    ['messages that are none', '{"messages":"guardContent","x":["guardContent"]}'],
  ])('is allowed: %s', (_, body) => {
    expect(textOf(body)).toBe(`{${MEMBER},${body.slice(1)}`)
  })

  test('is allowed if the stack lets callers choose', () => {
    const body = bodyOf({ text: 'not looked at' }, guarded)
    expect(textOf(body, { contentGuarding: 'SELECTIVE' })).toBe(`{${MEMBER},${body.slice(1)}`)
  })
})

describe('a system prompt', () => {
  const messages = '"messages":[{"role":"user","content":[{"text":"x"}]}]'

  test('is marked as guardContent with byte for byte the same text', () => {
    const body = `{"system":[ {"text" : "Be \\u0062rief.\\n" },{"cachePoint":{"type":"default"}},{"text":"b"}],${messages}}`
    const marked = `{"system":[ {"guardContent":{"text":{"text":"Be \\u0062rief.\\n"}}},{"cachePoint":{"type":"default"}},{"guardContent":{"text":{"text":"b"}}}],${messages}}`
    expect(textOf(body)).toBe(`{${MEMBER},${marked.slice(1)}`)
    expect(textOf(`{${MEMBER},${body.slice(1)}`)).toBe(`{${MEMBER},${marked.slice(1)}`)
  })

  test('is marked once if its block has a guardContent of null, too', () => {
    const body = `{"system":[{"text":"a","guardContent":null}],${messages}}`
    const marked = `{"system":[{"guardContent":{"text":{"text":"a"}}}],${messages}}`
    expect(textOf(body)).toBe(`{${MEMBER},${marked.slice(1)}`)
  })

  test.each<[string, string, Partial<GuardrailOptions>]>([
    ['where only callers mark content', `{"system":[{"text":"a"}],${messages}}`, { contentGuarding: 'SELECTIVE' }],
    [
      'where only callers mark system prompts',
      `{"system":[{"text":"a"}],${messages}}`,
      { systemGuarding: 'SELECTIVE' },
    ],
    ['where it is empty', `{"system":[{"text":""}],${messages}}`, {}],
    ['where Bedrock refuses it', `{"system":"a",${messages}}`, {}],
  ])('is unchanged %s', (_, body, options) => {
    expect(textOf(body, options)).toBe(`{${MEMBER},${body.slice(1)}`)
  })

  test.each([
    [
      'that is a source only',
      `{"system":[{"guardContent":{"text":{"text":"a","qualifiers":["query"]}}}],${messages}}`,
      'system.0.guardContent',
    ],
    [
      'in the extra fields',
      `{"additionalModelRequestFields":{"system":"a"},${messages}}`,
      'additionalModelRequestFields has a system prompt',
    ],
    [
      'with the input of a native body in additionalModelRequestFields',
      `{"additionalModelRequestFields":{"messages":[{"role":"user","content":"a"}]},${messages}}`,
      'additionalModelRequestFields has messages',
    ],
    [
      'as a turn in the extra fields',
      `{"additionalModelRequestFields":{"chat_history":[{"role":"SYSTEM","message":"a"}]},${messages}}`,
      'additionalModelRequestFields has a system prompt',
    ],
    [
      'with two members in one block',
      `{"system":[{"text":"a","guardContent":{"text":{"text":"b"}}}],${messages}}`,
      'system.0 has text and guardContent',
    ],
    ['that is there twice', `{"system":[{"text":"a"}],"system":[{"text":"b"}],${messages}}`, 'more than once'],
  ])('is refused %s', (_, body, fact) => {
    expect(refusal(body)).toMatchObject({ name: 'ValidationException', message: expect.stringContaining(fact) })
  })
})
