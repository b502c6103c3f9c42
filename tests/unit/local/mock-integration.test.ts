import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadTemplate } from '../../../local/template/load-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'mock-integration-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

const REQUEST = `requestTemplates: { application/json: '{"statusCode": 204}' }`
const PARAMETERS = `{ method.response.header.X-One: "'a, b'", method.response.header.X-Two: "''" }`
const RESPONSES = `responses: { default: { statusCode: 204, responseParameters: ${PARAMETERS} } }`
const DECLARED = `{ 204: { headers: { X-One: {}, X-Two: {} } } }`

/** Operations of an API with one OPTIONS, whose mock integration has these members, as flow YAML. */
function load(members: string, declared = DECLARED) {
  const path = join(directory, 'template.yaml')
  writeFileSync(
    path,
    `
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionBody:
        components: { securitySchemes: { sigv4: { x-amazon-apigateway-authtype: awsSigv4 } } }
        security: [{ sigv4: [] }]
        paths:
          /:
            options:
              security: []
              responses: ${declared}
              x-amazon-apigateway-integration: { type: mock, ${members} }
`,
  )
  return loadTemplate(path).restApis[0]?.operations
}

test('a constant answer is read', () => {
  expect(load(`${REQUEST}, ${RESPONSES}, passthroughBehavior: when_no_match`)).toEqual([
    {
      resource: '/',
      method: 'OPTIONS',
      operationName: undefined,
      authorization: 'NONE',
      authorizer: undefined,
      apiKeyRequired: false,
      integration: { type: 'mock', statusCode: 204, headers: { 'x-one': 'a, b', 'x-two': '' } },
    },
  ])
})

test.each([
  ['no request template', RESPONSES, /requestTemplates: property application\/json is required/],
  [
    'a template that computes',
    `requestTemplates: { application/json: '#set($a = 1){"statusCode": 200}' }, ${RESPONSES}`,
    /the local stack supports {"statusCode": <number>} only/,
  ],
  [
    'another media type',
    `requestTemplates: { text/plain: '{"statusCode": 204}' }, ${RESPONSES}`,
    /requestTemplates: property text\/plain is not supported/,
  ],
  ['no response', REQUEST, /property responses needs a default response/],
  [
    'a choice of responses',
    `${REQUEST}, responses: { default: { statusCode: 204 }, '4\\d\\d': { statusCode: 400 } }`,
    /responses: property 4\\d\\d is not supported/,
  ],
  [
    'a body',
    `${REQUEST}, responses: { default: { statusCode: 204, responseTemplates: { application/json: x } } }`,
    /default: property responseTemplates is not supported/,
  ],
  [
    'a header that is no literal',
    `${REQUEST}, responses: { default: { statusCode: 204, responseParameters: { method.response.header.X-One: context.stage } } }`,
    /property method.response.header.X-One is context.stage, not a 'literal'/,
  ],
  ['a function', `${REQUEST}, ${RESPONSES}, uri: x`, /property uri is not supported/],
])('%s is refused', (_name, members, message) => {
  expect(() => load(members)).toThrow(message)
})

test.each([
  ['a status', '{ 200: {} }', /responses does not declare 204/],
  ['a header', '{ 204: { headers: { X-One: {} } } }', /responses does not declare the header X-Two of 204/],
])('%s that the operation does not declare is refused, as in API Gateway', (_name, declared, message) => {
  expect(() => load(`${REQUEST}, ${RESPONSES}`, declared)).toThrow(message)
})
