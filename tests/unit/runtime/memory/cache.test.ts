import type { ModelCall } from '../../../../layers/runtime/src/core/model-call.ts'
import { readJsonIfAny } from '../../../../layers/runtime/src/json/json-document.ts'
import { cacheKey, isRepeatable } from '../../../../layers/runtime/src/pipeline/cache/cache-key.ts'
import { createResponseCache, readCacheUse } from '../../../../layers/runtime/src/pipeline/cache/response-cache.ts'
import { readStorageOptions } from '../../../../layers/runtime/src/pipeline/storage-options.ts'

describe('x-bedrock-functions-cache', () => {
  const onRequest = { mode: 'REQUEST', maxSeconds: 600 } as const
  const all = { mode: 'ALL', maxSeconds: 600 } as const

  test.each([
    [undefined, undefined, { ttlSeconds: 600, read: true }],
    ['ttl=60', { ttlSeconds: 60, read: true }, { ttlSeconds: 60, read: true }],
    ['TTL = 60', { ttlSeconds: 60, read: true }, { ttlSeconds: 60, read: true }],
    ['no-cache', undefined, { ttlSeconds: 600, read: false }],
    ['no-cache, ttl=600', { ttlSeconds: 600, read: false }, { ttlSeconds: 600, read: false }],
    ['no-store', undefined, undefined],
    ['no-store; ttl=5', undefined, undefined],
  ])('%p gives %p in the mode REQUEST and %p in the mode ALL', (value, whereRequested, everywhere) => {
    expect(readCacheUse(value, onRequest)).toEqual(whereRequested)
    expect(readCacheUse(value, all)).toEqual(everywhere)
    expect(readCacheUse(value, { ...all, mode: 'OFF' })).toBeUndefined()
  })

  test.each(['', 'ttl', 'ttl=0', 'ttl=-1', 'ttl=1.5', 'ttl=1e3', 'max-age=5', 'ttl=5,', 'hit'])(
    'refuses %p',
    (value) => {
      expect(() => readCacheUse(value, onRequest)).toThrow(
        expect.objectContaining({
          name: 'ValidationException',
          message: expect.stringMatching(/^x-bedrock-functions-cache: holds .* It is ttl=SECONDS/),
        }),
      )
    },
  )

  test('refuses a lifetime above the limit with the limit', () => {
    expect(() => readCacheUse('ttl=601', onRequest)).toThrow("ttl is 601, this stack's limit is 600 seconds")
  })
})

describe('the key of an answer', () => {
  const call: ModelCall = {
    operation: 'Converse',
    modelId: 'amazon.nova-lite-v1:0',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"messages":[1,{"a":"x","b":2}],"system":[]}'),
    caller: 'key:a',
    replyHeaders: {},
  }
  const keyWith = (changes: Partial<ModelCall>) => {
    const changed = { ...call, ...changes }
    return cacheKey(changed, readJsonIfAny(changed.body))
  }
  const key = keyWith({})
  const keyOf = (body: string, changes: Partial<ModelCall> = {}) => keyWith({ body: Buffer.from(body), ...changes })

  test('is under its owner’s prefix and names nobody', () => {
    expect(key).toMatch(/^cache\/[0-9a-f]{32}\/[0-9a-f]{64}$/)
  })

  test.each<[string, Partial<ModelCall>]>([
    ['white space and order', { body: Buffer.from('{ "system": [], "messages": [1, {"b": 2, "a": "x"}] }') }],
    ['escapes', { body: Buffer.from('{"messages":[1,{"a":"\\u0078","b":2}],"system":[]}') }],
    [
      'request metadata',
      { body: Buffer.from('{"requestMetadata":{"id":"7"},"messages":[1,{"a":"x","b":2}],"system":[]}') },
    ],
    [
      'what is no part of the request',
      {
        headers: {
          'content-type': 'application/json',
          'x-amzn-bedrock-request-metadata': '{}',
          'amz-sdk-invocation-id': '1',
          'x-bedrock-functions-cache': 'ttl=5',
        },
        replyHeaders: { a: 'b' },
      },
    ],
  ])('is the same for any %s', (_, changes) => {
    expect(keyWith(changes)).toBe(key)
  })

  test.each<[string, Partial<ModelCall>]>([
    ['caller', { caller: 'key:b' }],
    ['nobody', { caller: undefined }],
    ['model', { modelId: 'amazon.nova-pro-v1:0' }],
    ['operation', { operation: 'InvokeModel' }],
    ['guardrail', { headers: { ...call.headers, 'x-amzn-bedrock-guardrailidentifier': 'gr1' } }],
    ['content type', { headers: { 'content-type': 'text/plain' } }],
    ['order of a list', { body: Buffer.from('{"messages":[{"a":"x","b":2},1],"system":[]}') }],
    ['type of a value', { body: Buffer.from('{"messages":[1,{"a":"x","b":"2"}],"system":[]}') }],
    ['new member', { body: Buffer.from('{"messages":[1,{"a":"x","b":2}],"system":[],"future":null}') }],
  ])('differs for another %s', (_, changes) => {
    expect(keyWith(changes)).not.toBe(key)
  })

  test('differs for numbers that only a double rounds to the same', () => {
    expect(keyOf('{"seed":9007199254740993}')).not.toBe(keyOf('{"seed":9007199254740992}'))
    expect(keyOf('{"seed":1}')).not.toBe(keyOf('{"seed":"n1"}'))
  })

  test('includes the metadata of a native body, and the bytes of a body that is not JSON', () => {
    const native = { operation: 'InvokeModel' } as const
    expect(keyOf('{"requestMetadata":1}', native)).not.toBe(keyOf('{}', native))
    expect(keyOf('abc', native)).not.toBe(keyOf('abd', native))
    expect(keyOf('abc', native)).toBe(keyOf('abc', native))
    expect(keyOf('{"__proto__":{"a":1}}')).not.toBe(keyOf('{}'))
  })

  test('includes the bytes of a body that is not UTF-8', () => {
    const textOf = (byte: number) => Buffer.concat([Buffer.from('{"a":"'), Buffer.of(byte), Buffer.from('"}')])
    const keys = [textOf(0xfe), textOf(0xff), Buffer.from('{"a":"\ufffd"}')].map((body) => keyWith({ body }))
    expect(new Set(keys).size).toBe(3)
  })

  test('includes the content of a long body', () => {
    const text = 'x'.repeat(1024 * 1024)
    expect(keyOf(`{"a": "${text}","b":1}`)).toBe(keyOf(`{"b":1,"a":"${text}"}`))
    expect(keyOf(`{"a":"${text}y"}`)).not.toBe(keyOf(`{"a":"${text}x"}`))
  })

  test('differs for another project', () => {
    const header = { headers: { ...call.headers, 'x-amzn-bedrock-projectidentifier': 'proj_1' } }
    expect(keyWith(header)).not.toBe(key)
    expect(keyOf('{"projectIdentifier":"proj_1"}')).not.toBe(keyOf('{"projectIdentifier":"proj_2"}'))
  })

  test('differs for another header of the contract of a door', () => {
    const keyOfDoor = (operation: ModelCall['operation'], headers: Record<string, string>) =>
      keyWith({ operation, headers })
    const project = { 'openai-project': 'proj_1' }
    expect(keyOfDoor('OpenAIChatCompletions', project)).not.toBe(keyOfDoor('OpenAIChatCompletions', {}))
    expect(keyOfDoor('AnthropicMessages', project)).toBe(keyOfDoor('AnthropicMessages', {}))
    expect(keyOfDoor('AnthropicMessages', { 'anthropic-beta': 'a' })).not.toBe(keyOfDoor('AnthropicMessages', {}))
  })
})

describe('an answer that does not depend on the request alone', () => {
  const call: ModelCall = {
    operation: 'Converse',
    modelId: 'amazon.nova-lite-v1:0',
    headers: { 'x-bedrock-functions-cache': 'ttl=60' },
    body: Buffer.from('{"messages":[]}'),
    caller: 'key:a',
    replyHeaders: {},
  }
  const PROMPT = 'arn:aws:bedrock:us-east-1:123456789012:prompt/PLAYLIST01'
  const isRepeatableWith = (changes: Partial<ModelCall>) => {
    const changed = { ...call, ...changes }
    return isRepeatable(changed, readJsonIfAny(changed.body))
  }
  const body = (document: unknown) => ({ body: Buffer.from(JSON.stringify(document)) })
  const config = (version?: string) =>
    body({ guardrailConfig: { guardrailIdentifier: 'abc', guardrailVersion: version } })
  const native = (guardrail: Record<string, string>): Partial<ModelCall> => ({
    operation: 'InvokeModel',
    headers: Object.fromEntries(Object.entries(guardrail).map(([name, v]) => [`x-amzn-bedrock-guardrail${name}`, v])),
  })

  test.each<[string, Partial<ModelCall>]>([
    ['a draft of a guardrail', config('DRAFT')],
    ['a draft, escaped', { body: Buffer.from('{"guardrailConfig":{"guardrailVersion":"\\u0044RAFT"}}') }],
    ['a guardrail without a version', config()],
    ['a draft in headers', native({ identifier: 'abc', version: 'DRAFT' })],
    ['a guardrail in headers without a version', native({ identifier: 'abc' })],
    ['a prompt without a version', { modelId: PROMPT }],
    ['a draft of a prompt', { modelId: `${PROMPT}:DRAFT` }],
    [
      'an object in S3',
      body({ messages: [{ content: [{ video: { source: { s3Location: { uri: 's3://a/b' } } } }] }] }),
    ],
    ['a name that could be any', { body: Buffer.from('{"s\\u0033Location":{}}') }],
  ])('is not stored: %s', (_, changes) => expect(isRepeatableWith(changes)).toBe(false))

  test.each<[string, Partial<ModelCall>]>([
    ['no such thing', {}],
    ['a version of a guardrail', config('12')],
    ['a guardrail of null', body({ guardrailConfig: null })],
    ['a version in headers', native({ identifier: 'abc', version: '1' })],
    ['a version of a prompt', { modelId: `${PROMPT}:3` }],
    ['a text about all of that', body({ messages: [{ text: '"s3Location" "guardrailConfig" DRAFT' }] })],
  ])('is stored if the request refers to nothing that changes: %s', (_, changes) =>
    expect(isRepeatableWith(changes)).toBe(true),
  )

  test('does not use the cache, and says so if a caller asked for it', async () => {
    const cache = createResponseCache({
      options: { responseCache: 'ALL', responseCacheSeconds: 60 },
      loadStore: () => Promise.reject(new Error('The cache is not wanted here')),
    })
    const find = (headers: ModelCall['headers']) => cache.find({ ...call, modelId: PROMPT, headers })
    expect(await find(call.headers)).toEqual({ headers: { 'x-bedrock-functions-cache': 'off' } })
    expect(await find({})).toEqual({ headers: {} })
  })
})

describe('configuration', () => {
  test('stores nothing by default', () => {
    expect(readStorageOptions({})).toEqual({
      bucket: undefined,
      responseCache: 'OFF',
      responseCacheSeconds: 3600,
      activityLog: 'OFF',
    })
  })

  test('is read', () => {
    const environment = {
      JOBS_BUCKET: 'b',
      RESPONSE_CACHE: 'REQUEST',
      RESPONSE_CACHE_SECONDS: '60',
      ACTIVITY_LOG: 'ALL',
    }
    expect(readStorageOptions(environment)).toEqual({
      bucket: 'b',
      responseCache: 'REQUEST',
      responseCacheSeconds: 60,
      activityLog: 'ALL',
    })
  })

  test.each([
    [{ RESPONSE_CACHE: 'ALL' }, 'JOBS_BUCKET is missing'],
    [{ JOBS_BUCKET: 'b', ACTIVITY_LOG: 'on' }, 'ACTIVITY_LOG is "on", it must be one of OFF, REQUEST, ALL'],
    [{ RESPONSE_CACHE_SECONDS: '0' }, 'a whole number from 1 to 604800'],
    [{ RESPONSE_CACHE_SECONDS: '604801' }, 'RESPONSE_CACHE_SECONDS is "604801"'],
  ])('%p fails the start', (environment, fact) => {
    expect(() => readStorageOptions(environment)).toThrow(
      expect.objectContaining({ name: 'ConfigurationError', message: expect.stringContaining(fact) }),
    )
  })
})
