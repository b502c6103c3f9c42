import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadTemplate } from '../../../../local/template/load-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'security-model-'))
afterAll(() => rmSync(directory, { recursive: true }))

const URI = `!Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\${Worker.Arn}/invocations'`

interface Parts {
  /** Members of GET /, as flow YAML. */
  readonly security?: string
  /** Members of the authorizer. */
  readonly authorizer?: string
  readonly scheme?: string
  /** Properties of the API. */
  readonly api?: string
  /** Additional resources. */
  readonly resources?: string
}

function load({ security = '[]', authorizer = '', scheme = '', api = '', resources = '' }: Parts) {
  const path = join(directory, 'template.yaml')
  writeFileSync(
    path,
    `
Globals: { Function: { Layers: [!Ref Layer], Timeout: 7 } }
Resources:
  Layer: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: . } }
  Worker:
    Type: AWS::Serverless::Function
    IgnoreGlobals: [Layers]
    Properties: { CodeUri: ., Handler: index.handler, Runtime: nodejs24.x }
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      ${api}
      DefinitionBody:
        components:
          securitySchemes:
            sigv4: { type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4 }
            api_key: { type: apiKey, name: X-API-Key, in: header }
            other_key: { type: apiKey, name: other, in: header }
            bearer:
              type: apiKey
              name: Authorization
              in: header
              ${scheme}
              x-amazon-apigateway-authtype: custom
              x-amazon-apigateway-authorizer:
                ${authorizer || `{ type: token, authorizerUri: ${URI} }`}
        paths:
          /:
            get:
              security: ${security}
              x-amazon-apigateway-integration: { type: aws_proxy, httpMethod: POST, uri: ${URI} }
  ${resources}
`,
  )
  return loadTemplate(path)
}

const securityOf = (security: string, authorizer = '') => {
  const {
    authorization,
    authorizer: model,
    apiKeyRequired,
  } = load({ security, authorizer }).restApis[0]?.operations[0] ?? {}
  return { authorization, model, apiKeyRequired }
}

test.each([
  ['[]', { authorization: 'NONE', model: undefined, apiKeyRequired: false }],
  ['[{ sigv4: [] }]', { authorization: 'AWS_IAM', model: undefined, apiKeyRequired: false }],
  ['[{ api_key: [] }]', { authorization: 'NONE', apiKeyRequired: true }],
  ['[{ sigv4: [], api_key: [] }]', { authorization: 'AWS_IAM', apiKeyRequired: true }],
  ['[{ bearer: [] }, { api_key: [] }]', { authorization: 'CUSTOM', apiKeyRequired: true }],
])('the security %s is read', (security, expected) => {
  expect(securityOf(security)).toMatchObject(expected)
})

test('an authorizer is read', () => {
  const members = `{ type: token, authorizerUri: ${URI}, identityValidationExpression: 'x+', authorizerResultTtlInSeconds: 0 }`
  expect(securityOf('[{ bearer: [] }]', members).model).toEqual({
    type: 'TOKEN',
    name: 'bearer',
    functionName: 'Worker',
    header: 'authorization',
    validationExpression: 'x+',
    resultTtlSeconds: 0,
  })
  expect(securityOf('[{ bearer: [] }]').model).toMatchObject({ validationExpression: undefined, resultTtlSeconds: 300 })
})

it.each<[string, Parts, RegExp]>([
  ['two authorizers', { security: '[{ sigv4: [] }, { bearer: [] }]' }, /names bearer and another authorizer/],
  ['a key in another header', { security: '[{ other_key: [] }]' }, /names other_key, a scheme that the local stack/],
  ['a scheme that is not there', { security: '[{ nothing: [] }]' }, /names nothing, a scheme/],
  [
    'another type',
    { authorizer: `{ type: request, authorizerUri: ${URI} }` },
    /is request; the local stack supports it with authorizerResultTtlInSeconds 0/,
  ],
  ['another function', { authorizer: '{ type: token, authorizerUri: x }' }, /authorizerUri is "x"; it must be/],
  [
    'an expression that is none',
    { authorizer: `{ type: token, authorizerUri: ${URI}, identityValidationExpression: '(' }` },
    /is \(, which is not a regular expression/,
  ],
  [
    'a time beyond the limit',
    { authorizer: `{ type: token, authorizerUri: ${URI}, authorizerResultTtlInSeconds: 3601 }` },
    /is 3601, it must be from 0 to 3600/,
  ],
  ['a member that nothing reads', { authorizer: '{ type: token, identitySource: x }' }, /property identitySource/],
  [
    'another source of keys',
    { api: 'ApiKeySourceType: QUERY' },
    /is QUERY, the local stack supports HEADER, AUTHORIZER/,
  ],
])('%s is refused', (_name, parts, problem) => {
  expect(() => load({ security: '[{ bearer: [] }]', ...parts })).toThrow(problem)
})

test('the source of keys is read', () => {
  expect(load({}).restApis[0]?.apiKeySource).toBe('HEADER')
  expect(load({ api: 'ApiKeySourceType: AUTHORIZER' }).restApis[0]?.apiKeySource).toBe('AUTHORIZER')
})

test('a usage plan is read', () => {
  const plan = (properties: string) =>
    load({ resources: `Plan: { Type: AWS::ApiGateway::UsagePlan, Properties: { ${properties} } }` }).usagePlans
  expect(
    plan('UsagePlanName: team, Throttle: { RateLimit: 2, BurstLimit: 5 }, Quota: { Limit: 9, Period: WEEK }'),
  ).toEqual([
    {
      logicalId: 'Plan',
      name: 'team',
      throttle: { requestsPerSecond: 2, burst: 5 },
      quota: { requests: 9, period: 'WEEK' },
    },
  ])
  expect(plan('Quota: !Ref AWS::NoValue')).toEqual([
    { logicalId: 'Plan', name: 'Plan', throttle: undefined, quota: undefined },
  ])
  expect(() => plan('Quota: { Limit: 9, Period: YEAR }')).toThrow(/is YEAR, the local stack supports DAY, WEEK, MONTH/)
})

test('a function has no properties of Globals that it ignores', () => {
  expect(load({}).functions[0]).toMatchObject({ layers: [], timeoutSeconds: 7 })
})
