import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormatsModule from 'ajv-formats'
import { fillSchema } from '../../../local/bedrock/deterministic-model/schema/fill-schema.ts'
import type { JsonObject } from '../../../local/bedrock/shapes/json.ts'

const PROMPTS = [
  '',
  'What is the capital of France?',
  'John Smith, 42, of 12 Main Street, lives in New York since 2019-05-01. Mail: john@example.com, +1 202 555 0143.',
  'Add -3.5, 7 and 1,000,000 to "the list", then open https://example.com/a?b=c',
  '東京とパリの天気を比べてください。気温は25度です。',
]

const person = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0, maximum: 150 } },
  required: ['name', 'age'],
  additionalProperties: false,
}

const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  person,
  'an enum': { type: 'string', enum: ['celsius', 'fahrenheit'] },
  'an enum of several types': { enum: [1, null, 'a'] },
  'a const': { type: 'object', properties: { kind: { const: 'weather' } }, required: ['kind'] },
  'nested objects': {
    type: 'object',
    properties: {
      owner: person,
      address: {
        type: 'object',
        properties: { city: { type: 'string' }, zip: { type: 'string', pattern: '^\\d{5}$' } },
        required: ['city', 'zip'],
        additionalProperties: false,
      },
    },
    required: ['owner', 'address'],
    additionalProperties: false,
  },
  'an array of objects': { type: 'array', items: person, minItems: 2, maxItems: 3 },
  'an array without items': { type: 'array', maxItems: 0, items: { type: 'string' } },
  'an array of unique numbers': { type: 'array', items: { type: 'integer' }, minItems: 4, uniqueItems: true },
  'an array of unique values of an enum': {
    type: 'array',
    items: { enum: ['a', 'b', 'c'] },
    minItems: 3,
    uniqueItems: true,
  },
  'an array of unique objects': { type: 'array', items: person, minItems: 3, uniqueItems: true },
  'a tuple': { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 2 },
  'anyOf with null': {
    type: 'object',
    properties: { note: { anyOf: [{ type: 'string', minLength: 3 }, { type: 'null' }] } },
    required: ['note'],
  },
  'anyOf of required members': {
    type: 'object',
    properties: { a: { type: 'integer' }, b: { type: 'integer' } },
    anyOf: [{ required: ['b'] }, { required: ['a'] }],
  },
  'oneOf with a discriminator': {
    oneOf: [
      {
        type: 'object',
        properties: { type: { const: 'circle' }, radius: { type: 'number', exclusiveMinimum: 0 } },
        required: ['type', 'radius'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: { type: { const: 'square' }, side: { type: 'number' } },
        required: ['type', 'side'],
        additionalProperties: false,
      },
    ],
  },
  'allOf with references': {
    allOf: [
      { $ref: '#/$defs/named' },
      { type: 'object', properties: { size: { type: 'number', minimum: 10 } }, required: ['size'] },
    ],
    $defs: { named: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } }, required: ['name'] } },
  },
  'references and definitions': {
    $ref: '#/definitions/Root',
    definitions: {
      Root: { type: 'object', properties: { child: { $ref: '#/definitions/Leaf' } }, required: ['child'] },
      Leaf: { type: 'object', properties: { value: { type: 'boolean' } }, required: ['value'] },
    },
  },
  'a recursive tree': {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { value: { type: 'integer' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
        required: ['value', 'children'],
        additionalProperties: false,
      },
    },
  },
  'a recursive list': {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
        required: ['value', 'next'],
      },
    },
  },
  'integers with a step': { type: 'integer', multipleOf: 5, minimum: 7, maximum: 93 },
  'numbers with exclusive bounds': { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
  'numbers with a decimal step': { type: 'number', multipleOf: 0.1, minimum: 0.25, maximum: 9 },
  'text lengths': {
    type: 'object',
    properties: { title: { type: 'string', maxLength: 12 }, body: { type: 'string', minLength: 40 } },
    required: ['title', 'body'],
  },
  patterns: {
    type: 'object',
    properties: Object.fromEntries(
      [
        '^[A-Z]{3}$',
        '^\\d{4}-\\d{2}-\\d{2}$',
        '^(?:red|green)-[0-9a-f]{6}$',
        '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$',
        '^\\+?[1-9]\\d{1,14}$',
        '^[\\w.-]{8,}$',
        'x+y?',
        '^\\p{Lu}\\p{L}*$',
      ].map((pattern, index) => [`p${index}`, { type: 'string', pattern }]),
    ),
    required: ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'],
  },
  'a pattern with lengths': { type: 'string', pattern: '^[a-z]+$', minLength: 5, maxLength: 8 },
  formats: {
    type: 'object',
    properties: Object.fromEntries(
      [
        'date',
        'time',
        'date-time',
        'duration',
        'email',
        'hostname',
        'ipv4',
        'ipv6',
        'uri',
        'uuid',
        'regex',
        'json-pointer',
      ].map((format) => [format.replace('-', '_'), { type: 'string', format }]),
    ),
    additionalProperties: false,
  },
  'additional properties': { type: 'object', additionalProperties: { type: 'integer' }, required: ['red', 'green'] },
  'a minimum of properties': {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' } },
    required: ['a'],
    minProperties: 2,
  },
  'types in a list': { type: ['null', 'object'], properties: { a: { type: ['integer', 'null'] } }, required: ['a'] },
  'no types': { properties: { list: { items: { minimum: 3 } }, text: {} }, required: ['list', 'text'] },
  'members that JavaScript has, too': {
    type: 'object',
    properties: { constructor: { type: 'string' }, toString: { type: 'integer' } },
    required: ['constructor', 'toString', 'hasOwnProperty'],
  },
  'names that take facts': {
    type: 'object',
    properties: Object.fromEntries(
      ['city', 'email', 'phone', 'date', 'url', 'path', 'code', 'language', 'person_name', 'latitude', 'answer'].map(
        (name) => [name, { type: 'string' }],
      ),
    ),
  },
}

const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 9 })
addFormatsModule.default(ajv)

describe.each(Object.entries(SCHEMAS))('%s', (_name, schema) => {
  test.each(PROMPTS)('has a valid instance for the prompt %j', (prompt) => {
    const instance = fillSchema(schema, [prompt])
    const validate = ajv.compile(schema)

    expect({ instance, valid: validate(instance), errors: validate.errors ?? [] }).toEqual({
      instance,
      valid: true,
      errors: [],
    })
  })
})
