import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadTemplate } from '../../../local/template/load-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'rest-api-model-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

const STREAMING = `arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/\${Worker.Arn}/response-streaming-invocations`
const BUFFERED = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\${Worker.Arn}/invocations`

/** Loads a template with one function and an API whose GET / has these members, as flow YAML. */
function load(operation: string, { event = '{ Path: /, Method: GET }', definition = '' } = {}) {
  const path = join(directory, 'template.yaml')
  writeFileSync(
    path,
    `
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: index.handler
      Runtime: nodejs24.x
      Events: { Call: { Type: Api, Properties: ${event} } }
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      GatewayResponses: { THROTTLED: { StatusCode: 420, ResponseParameters: { Headers: { Retry-After: "'1'" } } } }
      DefinitionBody:
        components: { securitySchemes: { sigv4: { x-amazon-apigateway-authtype: awsSigv4 }, other: { type: apiKey } } }
        paths: { /: { get: ${operation} } }
        ${definition}
`,
  )
  return loadTemplate(path).restApis[0]
}

const integration = (members: string) =>
  `{ x-amazon-apigateway-integration: { type: aws_proxy, httpMethod: POST, ${members} } }`

test.each([
  [`uri: !Sub '${BUFFERED}'`, { transferMode: 'BUFFERED', timeoutMs: 29_000 }],
  [`uri: !Sub '${BUFFERED.replace('.Arn}', '.Arn}:live')}'`, { transferMode: 'BUFFERED' }],
  [
    `uri: !Sub '${STREAMING}', responseTransferMode: STREAM, timeoutInMillis: 900000`,
    { transferMode: 'STREAM', timeoutMs: 900_000 },
  ],
])('the integration %s is read', (members, expected) => {
  expect(load(integration(members))?.operations).toEqual([
    {
      resource: '/',
      method: 'GET',
      operationName: undefined,
      authorization: 'NONE',
      authorizer: undefined,
      apiKeyRequired: false,
      integration: expect.objectContaining({ functionName: 'Worker', ...expected }),
    },
  ])
})

test.each([
  ['no integration', '{ responses: {} }', /x-amazon-apigateway-integration is required/],
  [
    'another type',
    '{ x-amazon-apigateway-integration: { type: http } }',
    /type http is not supported by the local stack/,
  ],
  [
    'an action that does not fit the transfer mode',
    integration(`uri: !Sub '${BUFFERED}', responseTransferMode: STREAM`),
    /needs …\/2021-11-15/,
  ],
  [
    'a timeout beyond the limit',
    integration(`uri: !Sub '${BUFFERED}', timeoutInMillis: 30000`),
    /timeoutInMillis is 30000, it must be from 50 to 29000 for BUFFERED/,
  ],
  [
    'a member that nothing reads',
    integration('cacheKeyParameters: []'),
    /property cacheKeyParameters is not supported/,
  ],
  [
    'another authorizer',
    '{ security: [{ other: [] }] }',
    /security names other, a scheme that the local stack does not support/,
  ],
])('%s is refused', (_name, operation, message) => {
  expect(() => load(operation)).toThrow(message)
})

test('an operation without security has that of the definition', () => {
  const operation = integration(`uri: !Sub '${BUFFERED}'`)
  const definition = 'security: [{ sigv4: [] }]'
  expect(load(operation, { definition })?.operations[0]?.authorization).toBe('AWS_IAM')
  const open = operation.replace('{', '{ security: [],')
  expect(load(open, { definition })?.operations[0]?.authorization).toBe('NONE')
})

test('gateway responses come from SAM’s property', () => {
  expect(load(integration(`uri: !Sub '${BUFFERED}'`))?.gatewayResponses).toEqual({
    THROTTLED: {
      statusCode: 420,
      responseParameters: { 'gatewayresponse.header.Retry-After': "'1'" },
      responseTemplates: {},
    },
  })
})

test('an Api event without a route in the definition body is refused', () => {
  expect(() => load(integration(`uri: !Sub '${BUFFERED}'`), { event: '{ Path: /other, Method: get }' })).toThrow(
    /Worker\.Events\.Call: no API of the template has get \/other for this function/,
  )
})
