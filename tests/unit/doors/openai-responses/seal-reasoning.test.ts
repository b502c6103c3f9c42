import { createSealer } from '../../../../layers/runtime/src/doors/openai-responses/seal-reasoning.ts'

const REASONING = { family: 'Claude', block: '{"reasoningContent":{"reasoningText":{"text":"a\\nb","signature":"s"}}}' }
const sealer = createSealer(['new', 'old'])

test('what is sealed can be opened, and its text cannot be read', () => {
  const sealed = sealer.seal(REASONING)
  expect(sealer.open(sealed, 'p')).toEqual(REASONING)
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('reasoning')
  expect(sealer.seal(REASONING)).not.toBe(sealed)
})

test('an earlier secret still opens, and a later one seals', () => {
  expect(sealer.open(createSealer(['old']).seal(REASONING), 'p')).toEqual(REASONING)
  expect(() => createSealer(['old']).open(sealer.seal(REASONING), 'p')).toThrow('could not be verified')
})

test('no changed byte is accepted', () => {
  const bytes = Buffer.from(sealer.seal(REASONING), 'base64')
  for (const index of bytes.keys()) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(() => sealer.open(changed.toString('base64'), 'p')).toThrow('could not be verified')
  }
  for (const length of [0, 1, 28, 29, bytes.length - 1]) {
    const cut = bytes.subarray(0, length).toString('base64')
    expect(() => sealer.open(cut, 'p')).toThrow('could not be verified')
  }
})
