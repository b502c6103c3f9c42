import { checkShape } from '../../../local/bedrock/shapes/check-shape.ts'
import type { JsonValue } from '../../../local/bedrock/shapes/json.ts'
import { either, integer, list, type Shape, structure, text, union } from '../../../local/bedrock/shapes/shape.ts'

const shape: Shape = structure(
  {
    a: integer(0, 9),
    map: { type: 'map', keys: { type: 'string', maximum: 2 }, values: text },
    list: list(union({ x: text, y: integer() }), 1, 2),
    free: either(text, list(text)),
  },
  ['a'],
)

test.each<[JsonValue, unknown]>([
  [{ a: 1 }, undefined],
  [{ a: 1, unknown: {}, list: null }, undefined],
  [{ a: 1, free: 'x' }, undefined],
  [{ a: 1, map: { ab: 'x' } }, undefined],
  [
    { a: 1, map: { abc: 'x' } },
    {
      kind: 'constraint',
      path: ['map'],
      value: 'abc',
      constraint: 'Map keys must satisfy constraint: [Member must have length less than or equal to 2]',
    },
  ],
  [{ a: 1, free: ['x'] }, undefined],
  [[], { kind: 'type', path: [], expected: 'JSONObject', found: 'JSONArray' }],
  [{}, { kind: 'missing', path: [], member: 'a', others: [] }],
  [{ a: null }, { kind: 'missing', path: [], member: 'a', others: [] }],
  [{ a: 1.5 }, { kind: 'type', path: ['a'], expected: 'Integer', found: 'Number' }],
  [{ a: 10 }, { kind: 'constraint', path: ['a'], value: '10' }],
  [
    { a: 1, list: [] },
    { kind: 'constraint', path: ['list'] },
  ],
  [
    { a: 1, list: [{ x: 'a' }, { x: 'a', y: 1 }] },
    { kind: 'members', path: ['list', 1], found: ['x', 'y'] },
  ],
  [{ a: 1, list: [{ x: 'a', y: null }] }, undefined],
  [
    { a: 1, list: [{ toString: 1 }] },
    { kind: 'members', found: ['toString'] },
  ],
  [
    { a: 1, free: [1] },
    { kind: 'type', path: ['free', 0], expected: 'String' },
  ],
])('the violation of %j is found', (value, violation) => {
  const found = checkShape(value, shape)
  if (violation === undefined) expect(found).toBeUndefined()
  else expect(found).toMatchObject(violation as object)
})
