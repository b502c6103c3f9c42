import { hashDocument } from '../../../../layers/runtime/src/json/hash-document.ts'

const parsed = (text: string) => hashDocument(JSON.parse(text))

test.each([
  ['{"a":1,"b":{"c":[1,{"d":2,"e":3}],"f":null}}', '{"b":{"f":null,"c":[1,{"e":3,"d":2}]},"a":1}'],
  ['{"10":1,"9":2,"x":3}', '{"x":3,"9":2,"10":1}'],
  ['{"__proto__":{"b":1,"a":2},"c":0}', '{"c":0,"__proto__":{"a":2,"b":1}}'],
  ['{"a":1.0,"b":"\\u0061"}', '{"b":"a","a":1}'],
])('%s says the same as %s', (one, other) => {
  expect(parsed(one)).toBe(parsed(other))
})

test('whatever differs gives another hash', () => {
  const documents = [
    '{}',
    '[]',
    'null',
    '""',
    '0',
    '"0"',
    'false',
    '[1,2]',
    '[2,1]',
    '[[1],2]',
    '{"0":1,"1":2}',
    '{"a":null}',
    '{"a":{}}',
    '{"a":[]}',
    '{"a":"1"}',
    '{"a":1}',
    '{"__proto__":{"a":1}}',
    '{"__proto__":{"a":2}}',
    '{"__proto__":null}',
    '{"constructor":{"a":1}}',
    '{"toJSON":1}',
    '{"a":{"b":1},"c":2}',
    '{"a":{"b":1,"c":2}}',
    '"{\\"a\\":1}"',
    '{"é":1}',
    '{"e\\u0301":1}',
  ]
  expect(new Set(documents.map(parsed)).size).toBe(documents.length)
})

test('is SHA-256 of the sorted document, and changes nothing in it', () => {
  const document = { b: 1, a: { d: 1, c: 2 } }
  expect(hashDocument(document)).toMatch(/^[0-9a-f]{64}$/)
  expect(JSON.stringify(document)).toBe('{"b":1,"a":{"d":1,"c":2}}')
})

test('the order of members never counts, that of items always', () => {
  // A linear congruential generator: the same documents in every run.
  let state = 7
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state % below
  }
  const make = (depth: number): unknown => {
    const kind = depth === 0 ? random(2) : random(4)
    if (kind === 0) return random(5)
    if (kind === 1) return `t${random(5)}`
    if (kind === 2) return Array.from({ length: random(4) }, () => make(depth - 1))
    return Object.fromEntries(Array.from({ length: random(5) }, (_, index) => [`m${index}`, make(depth - 1)]))
  }
  const shuffle = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffle)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([name, member]) => [name, shuffle(member)] as const)
    return Object.fromEntries(entries.sort(() => random(3) - 1).reverse())
  }
  for (let round = 0; round < 300; round += 1) {
    const document = { root: make(4) }
    expect(hashDocument(shuffle(document))).toBe(hashDocument(document))
  }
})
