import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BATCH_PREFIXES } from '@bedrock-functions/runtime/batches'
import { PREFIXES } from '@bedrock-functions/runtime/jobs'
import { parse } from 'yaml'
import { USAGE_PREFIX } from '../../layers/runtime/src/pipeline/usage/usage-ledger.ts'
import { loadTemplate } from '../../local/template/load-template.ts'
import { resolveParameters } from '../../local/template/parameters.ts'

interface Statement {
  readonly Sid?: string
  readonly Action: string | string[]
  readonly Resource: unknown
}

interface Resource {
  readonly Type: string
  readonly Properties: Record<string, unknown>
}

const TEMPLATE = join(import.meta.dirname, '..', '..', 'template.yaml')

/** CloudFormation's short forms, read as values without tags. */
const template = parse(readFileSync(TEMPLATE, 'utf8'), {
  logLevel: 'silent',
}) as {
  Globals: { Function: Record<string, unknown> }
  Metadata: { 'AWS::CloudFormation::Interface': { ParameterGroups: { Parameters: string[] }[] } }
  Parameters: Record<string, { Default?: unknown }>
  Resources: Record<string, Resource>
}

const resourcesOf = (type: string) => Object.entries(template.Resources).filter(([, { Type }]) => Type === type)

/** First branch of each condition; in this template the second one is empty. */
function unconditional<Part>(part: Part): Part {
  return Array.isArray(part) ? part[1] : part
}

function statements(): [string, Statement][] {
  return resourcesOf('AWS::IAM::Role').flatMap(([role, { Properties }]) =>
    (Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap((policy) =>
      unconditional(policy).PolicyDocument.Statement.map((statement): [string, Statement] => [
        role,
        unconditional(statement),
      ]),
    ),
  )
}

interface Operation {
  readonly security: unknown
  readonly 'x-amazon-apigateway-integration': { readonly type: string; readonly uri?: unknown }
}

type Paths = Record<string, Record<string, Operation>>

/** Returns the paths of the API. The page for people is not among them. */
function definition(): { paths: Paths; page: readonly unknown[] } {
  const [api] = resourcesOf('AWS::Serverless::Api')
  const body = api?.[1].Properties.DefinitionBody as { paths: Paths } | undefined
  const { '/console': page, ...paths } = body?.paths ?? {}
  return { paths, page: page as unknown as unknown[] }
}

test('every route is authorized and answers through a streaming integration of its function', () => {
  const operations = Object.entries(definition().paths).flatMap(([path, { options: _, ...methods }]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${path}`, operation })),
  )
  const functionOf = (route: string) => {
    if (route === 'post /async-invoke' || route === 'post /uploads') return 'StartJobFunction'
    if (route.startsWith('get /async-invoke')) return 'PollJobFunction'
    if (/\/(model-invocation-job|batches|files)/.test(route)) return 'BatchesFunction'
    return /stream|converse-audio|completions$|messages$|responses$/.test(route) ? 'StreamFunction' : 'InvokeFunction'
  }
  expect(operations.map(({ route }) => route)).toEqual([
    'post /model/{modelId}/converse',
    'post /model/{modelId}/invoke',
    'post /model/{modelId}/converse-stream',
    'post /model/{modelId}/invoke-with-response-stream',
    'post /model/{modelId}/converse-audio',
    'post /v1/chat/completions',
    'post /openai/v1/chat/completions',
    'post /v1/responses',
    'post /openai/v1/responses',
    'get /v1/responses/{responseId}',
    'delete /v1/responses/{responseId}',
    'get /openai/v1/responses/{responseId}',
    'delete /openai/v1/responses/{responseId}',
    'post /v1/responses/{responseId}/cancel',
    'post /openai/v1/responses/{responseId}/cancel',
    'get /v1/responses/{responseId}/input_items',
    'get /openai/v1/responses/{responseId}/input_items',
    'post /v1/messages',
    'post /anthropic/v1/messages',
    'post /v1/messages/count_tokens',
    'post /anthropic/v1/messages/count_tokens',
    'post /v1/embeddings',
    'post /openai/v1/embeddings',
    'get /v1/models',
    'get /anthropic/v1/models',
    'get /openai/v1/models',
    'get /v1/models/{modelId}',
    'get /anthropic/v1/models/{modelId}',
    'get /openai/v1/models/{modelId}',
    'post /model/{modelId}/count-tokens',
    'post /guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply',
    'post /guardrail-checks/invoke',
    'post /async-invoke',
    'get /async-invoke',
    'get /async-invoke/{invocationArn}',
    'get /async-invoke/{invocationArn}/{invocationId}',
    'post /model-invocation-job',
    'get /model-invocation-jobs',
    'get /model-invocation-job/{jobIdentifier}',
    'post /model-invocation-job/{jobIdentifier}/stop',
    'post /v1/batches',
    'get /v1/batches',
    'get /v1/batches/{batchId}',
    'post /v1/batches/{batchId}/cancel',
    'post /v1/files',
    'get /v1/files/{fileId}',
    'delete /v1/files/{fileId}',
    'get /v1/files/{fileId}/content',
    'post /openai/v1/batches',
    'get /openai/v1/batches',
    'get /openai/v1/batches/{batchId}',
    'post /openai/v1/batches/{batchId}/cancel',
    'post /openai/v1/files',
    'get /openai/v1/files/{fileId}',
    'delete /openai/v1/files/{fileId}',
    'get /openai/v1/files/{fileId}/content',
    'post /v1/messages/batches',
    'get /v1/messages/batches',
    'get /v1/messages/batches/{batchId}',
    'post /v1/messages/batches/{batchId}/cancel',
    'get /v1/messages/batches/{batchId}/results',
    'post /anthropic/v1/messages/batches',
    'get /anthropic/v1/messages/batches',
    'get /anthropic/v1/messages/batches/{batchId}',
    'post /anthropic/v1/messages/batches/{batchId}/cancel',
    'get /anthropic/v1/messages/batches/{batchId}/results',
    'post /uploads',
    'post /workflow',
    'post /estimate',
    'get /openapi.json',
    'get /usage',
    'get /usage/callers',
    'get /models',
    'get /models/{modelId}',
  ])
  for (const { route, operation } of operations) {
    expect(operation.security).toEqual(['KeyAuth', expect.anything(), [{ sigv4: [] }]])
    expect(JSON.stringify(operation.security)).toContain('api_key')
    const { uri } = operation['x-amazon-apigateway-integration']
    if (route === 'post /workflow') {
      // API Gateway starts the execution itself, without a function.
      expect(uri).toContain('states:action/StartSyncExecution')
      continue
    }
    expect(operation['x-amazon-apigateway-integration']).toMatchObject({ responseTransferMode: 'STREAM' })
    const name = functionOf(route)
    expect(uri).toEqual([
      expect.stringMatching(/2021-11-15\/functions\/.{11}\/response-streaming-invocations$/),
      { Function: ['HasRelease', name.replace(/Function$/, 'Live'), `${name}.Arn`] },
    ])
  }
})

test('with a release, each function behind the API has a version, and the alias that the API calls', () => {
  const { restApis } = loadTemplate('template.yaml', { parameters: { Release: 'v1' } })
  const { restApis: without } = loadTemplate('template.yaml', { parameters: {} })
  expect(restApis).toEqual(without)
  for (const [logicalId, { Properties }] of resourcesOf('AWS::Lambda::Alias')) {
    const name = logicalId.replace(/Live$/, '')
    const version = { Type: 'AWS::Lambda::Version', Condition: 'HasRelease', Properties: { Description: 'Release' } }
    expect(template.Resources[`${name}Version`]).toMatchObject(version)
    expect(Properties).toEqual({
      Name: 'live',
      FunctionName: `${name}Function`,
      FunctionVersion: `${name}Version.Version`,
    })
    // A version is published only if its function has changed.
    expect(template.Globals.Function.Environment).toMatchObject({ Variables: { RELEASE: 'Release' } })
  }
})

test('every parameter has a default, and is in one group of the console', () => {
  const { ParameterGroups } = template.Metadata['AWS::CloudFormation::Interface']
  const grouped = ParameterGroups.flatMap(({ Parameters }) => Parameters)

  expect(grouped.toSorted()).toEqual(Object.keys(template.Parameters).toSorted())
  expect(Object.values(template.Parameters).filter(({ Default }) => Default === undefined)).toEqual([])
})

test('samconfig.toml names only parameters of the template, with values that it allows', () => {
  const config = readFileSync(join(import.meta.dirname, '..', '..', 'samconfig.toml'), 'utf8')
  const overrides = [...config.matchAll(/^parameter_overrides = "(.*)"$/gm)].map(([, text = '']) => text.split(' '))
  expect(overrides.length).toBe(3)
  for (const pairs of overrides) {
    const values = Object.fromEntries(pairs.map((pair) => pair.split('='))) as Record<string, string>
    expect(() => resolveParameters(template.Parameters, values)).not.toThrow()
  }
})

test('the page for people needs no key, and is served only with Console=ON, which needs Auth=KEY', () => {
  const [condition, path, otherwise] = definition().page
  expect([condition, otherwise]).toEqual(['ServeConsole', 'AWS::NoValue'])
  expect(path).toMatchObject({ get: { security: [] } })
  const routesOf = (parameters: Record<string, string>) =>
    loadTemplate(TEMPLATE, { parameters }).restApis[0]?.operations.map(({ resource }) => resource)
  expect(routesOf({})).not.toContain('/console')
  expect(routesOf({ Console: 'ON', Auth: 'KEY' })).toContain('/console')
  expect(() => routesOf({ Console: 'ON', Auth: 'IAM' })).toThrow('Rules.ConsoleNeedsKeys: Console=ON needs Auth=KEY.')
})

test('only preflights and the page are not authorized; preflights reach no function and exist only with CORS', () => {
  for (const { options } of Object.values(definition().paths)) {
    const [condition, operation, otherwise] = options as unknown as [string, Operation, string]
    expect([condition, otherwise]).toEqual(['AllowCors', 'AWS::NoValue'])
    expect(operation.security).toEqual([])
    expect(operation['x-amazon-apigateway-integration'].type).toBe('mock')
  }
})

/** Actions without resources in IAM: X-Ray, guardrail checks, quotas, log delivery of a state machine, alarms of CodeDeploy. */
const WITHOUT_RESOURCES =
  /^(servicequotas:ListServiceQuotas|cloudwatch:DescribeAlarms$|xray:|bedrock:InvokeGuardrailChecks$|logs:(\w+LogDelivery|ListLogDeliveries|\w+ResourcePolic(y|ies)|DescribeLogGroups)$)/

test('no statement allows all actions of a service, and only actions without resources have no resource', () => {
  expect(statements().length).toBeGreaterThan(5)
  for (const [role, { Action, Resource }] of statements()) {
    const actions = [Action].flat()
    expect(actions.filter((action) => action.endsWith(':*'))).toEqual([])
    if (Resource === '*')
      expect([role, actions.filter((action) => !WITHOUT_RESOURCES.test(action))]).toEqual([role, []])
  }
})

test('only with the parameter Projects the roles that call models may use projects', () => {
  const policies = resourcesOf('AWS::IAM::Role').map(
    ([role, { Properties }]) => [role, JSON.stringify(Properties)] as const,
  )
  const calling = policies.filter(([, text]) => text.includes('"ModelsOnDemand"')).map(([role]) => role)
  const withProjects = policies.filter(([, text]) => text.includes('["HasProjects",{"Sid":"Projects"'))
  expect(calling.length).toBeGreaterThan(3)
  expect(withProjects.map(([role]) => role)).toEqual(calling)
  expect(policies.filter(([, text]) => text.includes(':project/*')).map(([role]) => role)).toEqual(calling)
})

test('global profiles have three statements', () => {
  const bySid = Object.fromEntries(statements().map(([, statement]) => [statement.Sid, statement]))
  expect(bySid.InferenceProfiles?.Resource).toContainEqual(expect.stringContaining(':inference-profile/'))
  expect(bySid.ModelsBehindProfiles).toMatchObject({ Condition: { StringLike: expect.anything() } })
  expect(bySid.ModelsBehindGlobalProfiles).toMatchObject({
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
    Resource: 'arn:${AWS::Partition}:bedrock:::foundation-model/${ModelPattern}',
    Condition: { StringEquals: { 'aws:RequestedRegion': 'unspecified' } },
  })
})

test('every function has its own role, a retained log group with JSON lines, tracing and an end before its Timeout', () => {
  const functions = resourcesOf('AWS::Serverless::Function')
  expect(functions.length).toBeGreaterThan(0)
  expect(template.Globals.Function).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Tracing: 'Active',
  })
  const roles = functions.map(([, { Properties }]) => Properties.Role)
  expect(new Set(roles).size).toBe(functions.length)
  for (const [name, { Properties }] of functions) {
    expect(Properties.LoggingConfig).toMatchObject({ LogFormat: 'JSON' })
    const { LogGroup } = Properties.LoggingConfig as { LogGroup: string }
    expect(template.Resources[LogGroup]?.Properties).toHaveProperty('RetentionInDays')
    // Functions without RequestTimeoutSeconds end by their remaining time.
    const waitsForModel = !/^(Authorize|StartJob|PollJob|Batches|AnswerRecords)/.test(name)
    if (waitsForModel) expect(Properties.Timeout).toBeGreaterThan(285)
  }
})

test('the bucket of the jobs is private, encrypted, versioned, TLS only, and deletes old objects', () => {
  const [bucket = {}] = resourcesOf('AWS::S3::Bucket').map(([, { Properties }]) => Properties)
  expect(bucket).toMatchObject({
    BucketEncryption: expect.anything(),
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    VersioningConfiguration: { Status: 'Enabled' },
  })
  const { Rules } = bucket.LifecycleConfiguration as { Rules: Record<string, unknown>[] }
  const expiring = Rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined).map(({ Prefix }) => Prefix)
  expect(expiring.sort()).toEqual(
    [
      ...Object.values(PREFIXES),
      ...Object.values(BATCH_PREFIXES),
      'uploads/',
      'activity/',
      'cache/',
      'responses/',
      USAGE_PREFIX,
    ].sort(),
  )
  expect(Rules).toContainEqual(
    expect.objectContaining({
      NoncurrentVersionExpiration: expect.anything(),
      AbortIncompleteMultipartUpload: expect.anything(),
    }),
  )
  const [policy] = resourcesOf('AWS::S3::BucketPolicy').map(([, { Properties }]) => Properties)
  expect(JSON.stringify(policy)).toContain('"Condition":{"Bool":{"aws:SecureTransport":"false"}}')
})

test('failed asynchronous invocations and undelivered events end in the dead-letter queue', () => {
  for (const name of ['InvokeEventFunction', 'StartJobEventFunction', 'PollJobEventFunction', 'RunJobFunction']) {
    const { EventInvokeConfig, Events } = (template.Resources[name]?.Properties ?? {}) as Record<string, object>
    expect(EventInvokeConfig).toMatchObject({
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Type: 'SQS' } },
    })
    const role = statements().filter(([owner]) => owner === name.replace('Function', 'Role'))
    expect(role.map(([, { Action }]) => Action)).toContain('sqs:SendMessage')
    for (const { Properties } of Object.values(Events ?? {}) as { Properties: object }[]) {
      expect(Properties).toHaveProperty('DeadLetterConfig')
    }
  }
})

test('every alarm notifies the topic, and its description names its entry in the runbook', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operation.md'), 'utf8')
  const alarms = resourcesOf('AWS::CloudWatch::Alarm')
  expect(alarms.length).toBeGreaterThan(7)
  for (const [name, { Properties }] of alarms) {
    expect(Properties).toMatchObject({ AlarmActions: ['AlarmTopic'], OKActions: ['AlarmTopic'] })
    expect(Properties.AlarmDescription).toMatch(new RegExp(` docs/operation.md, ${name}$`))
    expect(page).toContain(`### ${name}\n`)
    expect(Properties.TreatMissingData).toBeDefined()
  }
})

test('the dashboard is JSON whose widgets do not overlap', () => {
  const [text = ''] = resourcesOf('AWS::CloudWatch::Dashboard').map(
    ([, { Properties }]) => (Properties.DashboardBody as [string])[0],
  )
  const { widgets } = JSON.parse(text) as { widgets: { x: number; y: number; width: number }[] }
  for (const [index, { x, y, width }] of widgets.entries()) {
    expect(x + width).toBeLessThanOrEqual(24)
    const beside = widgets.slice(0, index).filter((other) => other.y === y)
    expect(beside.every((other) => other.x + other.width <= x)).toBe(true)
  }
})

test('streaming handlers get HTTP only, and ordinary handlers get events only', () => {
  const functions = Object.fromEntries(resourcesOf('AWS::Serverless::Function'))
  const isOrdinary = (name: string) =>
    functions[name]?.Properties.Handler === 'handler.eventHandler' ||
    ['RunJobFunction', 'SweepJobsFunction'].includes(name)
  const uris = Object.values(definition().paths).flatMap((methods) =>
    Object.values(methods).map((operation) => JSON.stringify(operation['x-amazon-apigateway-integration']?.uri ?? '')),
  )
  const behindApi = uris.flatMap((uri) => /"(\w+)\.Arn"/.exec(uri)?.[1] ?? [])
  expect(new Set(behindApi).size).toBe(5)
  expect([...new Set(behindApi)].filter(isOrdinary)).toEqual([])
  const withEvents = Object.keys(functions).filter((name) => functions[name]?.Properties.Events)
  const inWorkflow = Object.keys(
    (template.Resources.InferenceWorkflow?.Properties.DefinitionSubstitutions ?? {}) as object,
  ).filter((name) => name in functions)
  expect(withEvents).toEqual(['StartJobEventFunction', 'RunJobFunction', 'SweepJobsFunction'])
  expect(inWorkflow).toEqual(['InvokeEventFunction', 'StartJobEventFunction', 'PollJobEventFunction'])
  expect([...withEvents, ...inWorkflow].filter((name) => !isOrdinary(name))).toEqual([])
})
