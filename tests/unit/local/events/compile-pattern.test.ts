import { compilePattern } from '../../../../local/events/pattern/compile-pattern.ts'
import type { JsonObject } from '../../../../local/template/json.ts'

/** Sample of github.com/aws/event-ruler, whose patterns are EventBridge's. */
const SAMPLE = {
  version: '0',
  id: 'ddddd4-aaaa-7777-4444-345dd43cc333',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: '012345679012',
  time: '2017-10-02T16:24:49Z',
  region: 'us-east-1',
  resources: ['arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000'],
  detail: {
    'c-count': 5,
    'd-count': 3,
    'x-limit': 301.8,
    'source-ip': '10.0.0.33',
    'instance-id': 'i-000000aaaaaa00000',
    state: 'running',
  },
}

const matches = (pattern: JsonObject, event: object = SAMPLE) => compilePattern(pattern, 'Rule')(event)
const field = (list: unknown) => ({ detail: { field: list } })
const event = (value: unknown) => ({ detail: { field: value } })

describe("the documentation's sample", () => {
  it.each<[JsonObject, boolean]>([
    [
      {
        'detail-type': ['EC2 Instance State-change Notification'],
        resources: ['arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000'],
        detail: { state: ['initializing', 'running'] },
      },
      true,
    ],
    [{ source: ['aws.ec2'], detail: { state: ['stopped'] } }, false],
    [{ source: ['aws.s3'], detail: { state: ['running'] } }, false],
    [{ time: [{ prefix: '2017-10-02' }] }, true],
    [{ source: [{ suffix: 'ec2' }] }, true],
    [{ 'detail-type': [{ wildcard: 'EC2*Notification' }] }, true],
    [{ detail: { state: [{ 'anything-but': 'initializing' }] } }, true],
    [{ detail: { 'x-limit': [{ 'anything-but': 123 }] } }, true],
    [{ detail: { state: [{ 'anything-but': ['stopped', 'overloaded'] }] } }, true],
    [{ detail: { 'x-limit': [{ 'anything-but': [100, 200, 301.8] }] } }, false],
    [{ detail: { 'c-count': [{ exists: true }] } }, true],
    [{ detail: { 'c-count': [{ exists: false }] } }, false],
    [{ detail: { 'e-count': [{ exists: false }] } }, true],
    [{ detail: [{ exists: true }] }, false],
    [{ detail: [{ exists: false }] }, true],
  ])('the pattern %j matches: %s', (pattern, expected) => {
    expect(matches(pattern)).toBe(expected)
  })
})

describe('a value', () => {
  it.each<[unknown[], unknown, boolean]>([
    [['a'], 'a', true],
    [['a'], 'A', false],
    [['1'], 1, false],
    [[1], 1.0, true],
    [[1], true, false],
    [[true], true, true],
    [[null], null, true],
    [[null], undefined, false],
    [[''], '', true],
    [[''], null, false],
    [['a', 'b'], ['x', 'b'], true],
    [['a'], [], false],
    [['a'], { a: 'a' }, false],
    [[{ exists: true }], [], false],
    [[{ exists: false }], [], true],
    [[{ exists: true }], null, true],
    [['a', { exists: false }], undefined, true],
    [[{ prefix: '' }], 'anything', true],
    [[{ prefix: '5' }], 5, false],
    [[{ suffix: '.png' }], 'a.PNG', false],
  ])('the list %j matches %j: %s', (list, value, expected) => {
    expect(matches(field(list), event(value))).toBe(expected)
  })
})

describe('anything-but', () => {
  it.each<[unknown, unknown, boolean]>([
    ['a', 'b', true],
    ['a', 'a', false],
    ['a', 1, true],
    ['a', null, true],
    ['a', undefined, false],
    ['a', ['a', 'b'], true],
    ['a', ['a'], false],
  ])('anything-but %j matches %j: %s', (operand, value, expected) => {
    expect(matches(field([{ 'anything-but': operand }]), event(value))).toBe(expected)
  })
})

describe('wildcard', () => {
  test.each([
    ['inbox/*', 'inbox/', true],
    ['inbox/*', 'inbox/a/b.json', true],
    ['inbox/*', 'outbox/inbox/', false],
    ['jobs/*/request.json', 'jobs/a/request.json', true],
    ['jobs/*/request.json', 'jobs/request.json', false],
    ['jobs/*/request.json', 'jobs/a/b/request.json', true],
    ['*', '', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'aXbYbZc', true],
    ['a*bc*bc', 'abc', false],
    ['ab*ba*', 'aba', false],
    ['no star', 'no star', true],
    ['no star', 'no stars', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a\\\\*', 'a\\b', true],
    ['.*', 'xx', false],
  ])('the wildcard %s matches %s: %s', (wildcard, value, expected) => {
    expect(matches(field([{ wildcard }]), event(value))).toBe(expected)
  })
})

describe('objects in arrays', () => {
  const items = (list: unknown) => ({ detail: { items: list } })
  const both = { detail: { items: { name: ['a'], size: [1] } } }

  it.each<[unknown, boolean]>([
    [[{ name: 'b' }, { name: 'a', size: 1 }], true],
    // One element must have both.
    [
      [
        { name: 'a', size: 2 },
        { name: 'b', size: 1 },
      ],
      false,
    ],
    [{ name: 'a', size: 1 }, true],
    [[], false],
    ['a', false],
  ])('a pattern of two fields matches %j: %s', (list, expected) => {
    expect(matches(both, items(list))).toBe(expected)
  })

  test('a field of an empty array does not exist', () => {
    expect(matches({ detail: { items: { name: [{ exists: false }] } } }, items([]))).toBe(true)
  })
})

test('an inherited member is not a field', () => {
  expect(matches({ constructor: { name: [{ exists: true }] } })).toBe(false)
})

describe('a wrong pattern', () => {
  it.each<[JsonObject, string]>([
    [{}, 'Rule.EventPattern: the pattern is empty'],
    [{ detail: {} }, 'Rule.EventPattern.detail: the pattern is empty'],
    [{ source: 'aws.s3' }, 'Rule.EventPattern.source: must be an object or an array'],
    [{ source: [] }, 'Rule.EventPattern.source: the array is empty'],
    [{ detail: { a: [{ regex: 'x' }] } }, 'Rule.EventPattern.detail.a: the operator "regex" is not supported'],
    [{ a: [{ toString: 'x' }] }, 'the operator "toString" is not supported'],
    [{ a: [['nested']] }, 'Rule.EventPattern.a: a value is'],
    [{ a: [{}] }, 'an operator is an object with one member'],
    [{ a: [{ prefix: 'a', suffix: 'b' }] }, 'an operator is an object with one member'],
    [{ a: [{ prefix: 1 }] }, 'prefix: 1 is not a string'],
    [{ a: [{ prefix: { 'equals-ignore-case': 'a' } }] }, 'prefix: {"equals-ignore-case":"a"} is not a string'],
    [{ a: [{ exists: 'yes' }] }, 'exists: "yes" is neither true nor false'],
    [{ a: [{ wildcard: 'a**b' }] }, 'wildcard: two * in a row'],
    [{ a: [{ wildcard: 'a\\b' }] }, 'wildcard: a backslash stands before * or \\ only'],
    [{ a: [{ 'anything-but': ['a', 1] }] }, 'anything-but: takes strings only or numbers only'],
    [{ a: [{ 'anything-but': [] }] }, 'anything-but: takes strings only or numbers only'],
    [{ a: [{ 'anything-but': { prefix: 'x' } }] }, 'anything-but: takes strings only or numbers only'],
    [{ a: [{ numeric: ['>', 1] }] }, 'the operator "numeric" is not supported'],
    [
      { detail: { $or: [{ a: [1] }, { b: [1] }] } },
      'Rule.EventPattern.detail.$or: the operator "$or" is not supported',
    ],
  ])('%j is refused by rule and path', (pattern, message) => {
    expect(() => compilePattern(pattern, 'Rule')).toThrow(message)
  })
})
