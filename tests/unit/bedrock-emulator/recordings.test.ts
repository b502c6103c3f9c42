import { encodeEvent, encodeFrame, FrameReader, readEventHead } from '@bedrock-functions/runtime/event-stream'
import { describeBody, restoreBody } from '../../../local/bedrock/recordings/bodies.ts'
import { compareShapes } from '../../../local/bedrock/recordings/compare-shapes.ts'
import { describeFrame, restoreFrame } from '../../../local/bedrock/recordings/frames.ts'
import { createSecretRemover } from '../../../local/bedrock/recordings/remove-secrets.ts'
import type { JsonValue } from '../../../local/bedrock/shapes/json.ts'

describe('describeBody', () => {
  test.each<[string, object]>([
    ['{"a":[1,"é",null]}', { json: { a: [1, 'é', null] } }],
    [
      '{"a": [1, "\\u00e9\\ud83d\\ude00\\u007f", null], "b": {}}',
      { json: { a: [1, 'é😀\x7f', null], b: {} }, spacing: 'python' },
    ],
    ['{"2":0,"1":0}', { text: '{"2":0,"1":0}' }],
    ['{"a":1.0}', { text: '{"a":1.0}' }],
    ['{"a":12345678901234567890}', { text: '{"a":12345678901234567890}' }],
    ['{"a":1,"a":2}', { text: '{"a":1,"a":2}' }],
    ['\ufeff{}', { text: '\ufeff{}' }],
    ['{"__proto__":{"a":1}}', { json: JSON.parse('{"__proto__":{"a":1}}') }],
    ['', { text: '' }],
  ])('describes %j in a form that restores its bytes', (text, expected) => {
    const described = JSON.parse(JSON.stringify(describeBody(Buffer.from(text))))

    expect(described).toEqual(expected)
    expect(restoreBody(described).toString()).toBe(text)
  })

  test('keeps JSON that is nested too deeply as text', () => {
    const text = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(describeBody(Buffer.from(text))).toEqual({ text })
  })
})

describe('removeSecrets', () => {
  test.each([
    ['arn:aws:bedrock:us-east-1:111122223333:guardrail/abc', 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc'],
    ['arn%3Aaws-us-gov%3Aiam%3A%3A111122223333%3Arole', 'arn%3Aaws-us-gov%3Aiam%3A%3A123456789012%3Arole'],
    ['{"bucketOwner": "111122223333"}', '{"bucketOwner": "123456789012"}'],
    ['"{\\"accountId\\":\\"111122223333\\"}"', '"{\\"accountId\\":\\"123456789012\\"}"'],
    ['s3://jobs-111122223333-us-east-1/a', 's3://jobs-123456789012-us-east-1/a'],
    ['"s3:\\/\\/111122223333"', '"s3:\\/\\/123456789012"'],
    ['Your account 111122223333 is new; 111122223333!', 'Your account 123456789012 is new; 123456789012!'],
    ['order 111122223333, 1111222233334', 'order 111122223333, 1111222233334'],
    ['arn:aws:bedrock:us-east-1::foundation-model/a', 'arn:aws:bedrock:us-east-1::foundation-model/a'],
    [
      'https://a/b?X-Amz-Credential=AKIA%2F1&X-Amz-Signature=ab12&x=1',
      'https://a/b?X-Amz-Credential=REMOVED&X-Amz-Signature=REMOVED&x=1',
    ],
    ['x-amz-security-token:FwoG/+=\nhost', 'x-amz-security-token:REMOVED\nhost'],
    ['Credential=ASIAIOSFODNN7EXAMPLE/2026, Signature=ab12', 'Credential=REMOVED, Signature=REMOVED'],
    ['key AKIAIOSFODNN7EXAMPLE.', 'key REMOVED.'],
    [`token bedrock-api-key-${'Ab1='.repeat(9)}"`, 'token REMOVED"'],
    ['"a\\nAKIAIOSFODNN7EXAMPLE\\tb"', '"a\\nREMOVED\\tb"'],
    ['"x\\naccount 111122223333"', '"x\\naccount 123456789012"'],
    [`"export A=1\\nAWS_SECRET_ACCESS_KEY=${'wJ/+'.repeat(10)}"`, '"export A=1\\nAWS_SECRET_ACCESS_KEY=REMOVED"'],
    [`{"SecretAccessKey": "${'wJ/+'.repeat(10)}"}`, '{"SecretAccessKey": "REMOVED"}'],
    [`"{\\"sessionToken\\":\\"${'IQo='.repeat(50)}\\"}"`, '"{\\"sessionToken\\":\\"REMOVED\\"}"'],
    [`{'X-Amz-Security-Token': '${'IQo='.repeat(50)}'}`, "{'X-Amz-Security-Token': 'REMOVED'}"],
    [`Authorization: Bearer ${'ab_-'.repeat(8)}`, 'Authorization: Bearer REMOVED'],
    [
      '{"session_token":null,"sessionToken":{"type":"string"}}',
      '{"session_token":null,"sessionToken":{"type":"string"}}',
    ],
    ['arn:aws:s3:::jobs-111122223333/a', 'arn:aws:s3:::jobs-123456789012/a'],
    ['https://b-111122223333.s3.amazonaws.com/a', 'https://b-123456789012.s3.amazonaws.com/a'],
    ['https://sqs.eu-west-1.amazonaws.com/111122223333/q', 'https://sqs.eu-west-1.amazonaws.com/123456789012/q'],
    ['https://example.com/111122223333', 'https://example.com/111122223333'],
    ['{"signature":"EqRkLmNo111122223333"}', '{"signature":"EqRkLmNo111122223333"}'],
  ])('turns %j into %j', (text, expected) => {
    expect(createSecretRemover().removeFrom(text)).toBe(expected)
  })

  test('replaces an account number everywhere once it is known', () => {
    const secrets = createSecretRemover()
    expect(secrets.removeFrom('bucket-111122223333')).toBe('bucket-111122223333')
    secrets.removeFrom('arn:aws:iam::111122223333:user/a')
    expect(secrets.removeFrom('bucket-111122223333')).toBe('bucket-123456789012')
  })
})

describe('describeFrame', () => {
  const arn = (account: string): string => `arn:aws:iam::${account}:user/a`
  const read = (bytes: Buffer) => {
    const [frame] = new FrameReader().push(bytes)
    if (!frame) throw new Error('no frame')
    return frame
  }
  const base64 = (document: JsonValue): string => Buffer.from(JSON.stringify(document)).toString('base64')
  const headers = { ':message-type': 'event', ':event-type': 'a', ':content-type': 'application/json' }

  test.each<[string, Buffer, object]>([
    ['an event', encodeEvent('a', '{"b":1}'), { event: 'a', payload: { b: 1 } }],
    ['a chunk', encodeEvent('chunk', `{"bytes":"${base64({ b: 1 })}","p":"ab"}`), { chunk: { b: 1 }, p: 'ab' }],
    [
      'a chunk that is no JSON',
      encodeEvent('chunk', '{"bytes":"AAAA"}'),
      { event: 'chunk', payload: { bytes: 'AAAA' } },
    ],
    ['headers in another order', encodeFrame(headers, Buffer.from('{}')), { bytes: expect.any(String) }],
    ['headers without a type', encodeFrame({ a: 'b' }, Buffer.from('{}')), { bytes: expect.any(String) }],
    ['a payload with spaces', encodeEvent('a', '{ }'), { bytes: expect.any(String) }],
  ])('describes %s in a form that restores the bytes', (_name, bytes, expected) => {
    const described = describeFrame(read(bytes), createSecretRemover())

    expect(described).toEqual(expected)
    expect(restoreFrame(JSON.parse(JSON.stringify(described)))).toEqual(bytes)
  })

  test.each<[string, (account: string) => Buffer]>([
    ['an event', (account) => encodeEvent('a', JSON.stringify({ b: arn(account) }))],
    ['a chunk', (account) => encodeEvent('chunk', JSON.stringify({ bytes: base64(arn(account)), p: 'ab' }))],
    ['headers in another order', (account) => encodeFrame(headers, Buffer.from(`"${arn(account)}"`))],
  ])('removes account numbers from %s, with valid checksums', (_name, encode) => {
    const cleaned = restoreFrame(describeFrame(read(encode('111122223333')), createSecretRemover()))

    expect(cleaned).toEqual(encode('123456789012'))
    expect(readEventHead(read(cleaned).headers).kind).toBe('event')
  })
})

describe('compareShapes', () => {
  test.each<[JsonValue, JsonValue, string[]]>([
    [{ a: 1 }, { a: 2 }, []],
    [{ a: 1 }, { a: '1' }, ['a: number -> string']],
    [{ a: 1 }, { a: null }, []],
    [{ a: [] }, { a: [1] }, []],
    [{ a: [1] }, { a: ['1'] }, ['a[]: number -> string']],
    [{ a: [1, 'b'] }, { a: ['b'] }, []],
    [{ a: [{ b: 1 }, { c: 1 }] }, { a: [{ c: 2 }, { b: 2 }, { b: 3 }] }, []],
    [{ a: [{ b: 1 }] }, { a: [{ b: 1, c: {} }] }, ['a[].c: added, object']],
    [{ a: { b: true } }, { a: {} }, ['a.b: missing, boolean']],
    [{ input: { city: 'Rome' } }, { input: { town: 1 } }, []],
    [{ input: { city: 'Rome' } }, { input: '{}' }, ['input: object -> string']],
    [{ status: 'InProgress' }, { status: 'Completed', endTime: 'now' }, []],
    ['text', {}, ['the answer: string -> object']],
  ])('from %j to %j lists %j', (recorded, live, expected) => {
    expect(compareShapes([recorded], [live], '')).toEqual(expected)
  })
})
