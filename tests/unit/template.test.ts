import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

interface Statement {
  readonly Sid?: string
  readonly Action: string | string[]
  readonly Resource: unknown
}

interface Resource {
  readonly Type: string
  readonly Properties: Record<string, unknown>
}

/** CloudFormation's short forms, as far as these checks look: the value without its tag. */
const template = parse(readFileSync(join(import.meta.dirname, '..', '..', 'template.yaml'), 'utf8'), {
  logLevel: 'silent',
}) as { Globals: { Function: Record<string, unknown> }; Resources: Record<string, Resource> }

const resourcesOf = (type: string) => Object.entries(template.Resources).filter(([, { Type }]) => Type === type)

function statements(): [string, Statement][] {
  return resourcesOf('AWS::IAM::Role').flatMap(([role, { Properties }]) =>
    (Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(({ PolicyDocument }) =>
      PolicyDocument.Statement.map((statement): [string, Statement] => [role, statement]),
    ),
  )
}

interface Operation {
  readonly security: unknown
  readonly 'x-amazon-apigateway-integration': { readonly type: string; readonly uri?: string }
}

function definition(): { paths: Record<string, Record<string, Operation>> } {
  const [api] = resourcesOf('AWS::Serverless::Api')
  return api?.[1].Properties.DefinitionBody as ReturnType<typeof definition>
}

test('every route is authorized and answers through a streaming integration of its function', () => {
  const operations = Object.entries(definition().paths).flatMap(([path, { options: _, ...methods }]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${path}`, operation })),
  )
  const functionOf = (route: string) => (route.includes('stream') ? 'StreamFunction' : 'InvokeFunction')
  expect(operations.map(({ route }) => route)).toEqual([
    'post /model/{modelId}/converse',
    'post /model/{modelId}/invoke',
    'post /model/{modelId}/converse-stream',
    'post /model/{modelId}/invoke-with-response-stream',
    'post /model/{modelId}/count-tokens',
    'post /guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply',
    'get /models',
  ])
  for (const { route, operation } of operations) {
    expect(operation.security).toEqual([{ sigv4: [] }])
    const { uri } = operation['x-amazon-apigateway-integration']
    expect(operation['x-amazon-apigateway-integration']).toMatchObject({ responseTransferMode: 'STREAM' })
    expect(uri).toContain(`2021-11-15/functions/\${${functionOf(route)}.Arn}/response-streaming-invocations`)
  }
})

test('what is not authorized is the preflight, which no function sees, and only with CORS', () => {
  for (const { options } of Object.values(definition().paths)) {
    const [condition, operation, otherwise] = options as unknown as [string, Operation, string]
    expect([condition, otherwise]).toEqual(['AllowCors', 'AWS::NoValue'])
    expect(operation.security).toEqual([])
    expect(operation['x-amazon-apigateway-integration'].type).toBe('mock')
  }
})

test("no statement allows all of a service's actions, and only X-Ray's has no resource", () => {
  expect(statements().length).toBeGreaterThan(5)
  for (const [role, { Action, Resource }] of statements()) {
    const actions = [Action].flat()
    expect(actions.filter((action) => action.endsWith(':*'))).toEqual([])
    if (Resource === '*') expect([role, actions.every((action) => action.startsWith('xray:'))]).toEqual([role, true])
  }
})

test('global profiles have their three statements', () => {
  const bySid = Object.fromEntries(statements().map(([, statement]) => [statement.Sid, statement]))
  expect(bySid.InferenceProfiles?.Resource).toContainEqual(expect.stringContaining(':inference-profile/'))
  expect(bySid.ModelsBehindProfiles).toMatchObject({ Condition: { StringLike: expect.anything() } })
  expect(bySid.ModelsBehindGlobalProfiles).toMatchObject({
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
    Resource: 'arn:${AWS::Partition}:bedrock:::foundation-model/${ModelPattern}',
    Condition: { StringEquals: { 'aws:RequestedRegion': 'unspecified' } },
  })
})

test('every function has its own role, a kept log group with JSON lines, tracing and an end before Lambda ends it', () => {
  const functions = resourcesOf('AWS::Serverless::Function')
  expect(functions.length).toBeGreaterThan(0)
  expect(template.Globals.Function).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Tracing: 'Active',
  })
  const roles = functions.map(([, { Properties }]) => Properties.Role)
  expect(new Set(roles).size).toBe(functions.length)
  for (const [, { Properties }] of functions) {
    expect(Properties.LoggingConfig).toMatchObject({ LogFormat: 'JSON' })
    const { LogGroup } = Properties.LoggingConfig as { LogGroup: string }
    expect(template.Resources[LogGroup]?.Properties).toHaveProperty('RetentionInDays')
    expect(Properties.Timeout).toBeGreaterThan(285)
  }
})
