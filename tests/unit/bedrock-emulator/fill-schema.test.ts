import { fillSchema } from '../../../local/bedrock/deterministic-model/schema/fill-schema.ts'
import type { JsonObject } from '../../../local/bedrock/shapes/json.ts'

test.each<[JsonObject, string, unknown]>([
  [{ type: 'string' }, 'Do it', 'Do it'],
  [{ type: 'string', maxLength: 2 }, 'Do it', 'Do'],
  [{ type: 'string', enum: ['up', 'down'] }, 'go down', 'down'],
  [{ type: 'string', enum: ['up', 'down'] }, 'stay', 'up'],
  [{ type: 'integer' }, 'give me 42 of 7', 42],
  [{ type: 'number', maximum: 10 }, 'give me 42', 10],
  [{ type: ['boolean', 'null'] }, '', true],
  [{ const: 5 }, '', 5],
  [{ default: 'x', type: 'string' }, '', 'x'],
  [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, '', 1],
  [{ type: 'array', items: { type: 'integer' }, minItems: 2 }, '3', [3, 3]],
  [
    { properties: { location: { type: 'string' } } },
    'Is it raining in San Sebastián today?',
    { location: 'San Sebastián' },
  ],
  [{ properties: { city: { type: 'string' } } }, '東京の天気は?', { city: '東京' }],
  [{ type: 'object', properties: { a: { type: 'integer' }, b: { type: 'integer' } }, required: ['b'] }, '', { b: 1 }],
])('%j for "%s"', (schema, prompt, expected) => {
  expect(fillSchema(schema, [prompt])).toEqual(expected)
})

test('a recursive schema is filled to a limited depth', () => {
  const node: { type: string; required: string[]; properties: Record<string, JsonObject> } = {
    type: 'object',
    required: ['next'],
    properties: {},
  }
  node.properties.next = node as unknown as JsonObject

  expect(JSON.stringify(fillSchema(node as unknown as JsonObject, [])).length).toBeLessThan(200)
})

test('an earlier prompt gives the facts that the last one does not have', () => {
  const schema = { properties: { age: { type: 'integer' }, city: { type: 'string' } } }

  expect(fillSchema(schema, ['She lives in Oslo', '', 'Ann Lee is 30 and lives in Rome'])).toEqual({
    age: 30,
    city: 'Oslo',
  })
})
