import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LoadTemplateOptions, loadTemplate } from '../../../local/template/load-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'event-model-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

const QUEUE = '  Failures: { Type: AWS::SQS::Queue }\n'
const BUCKET = '  Jobs: { Type: AWS::S3::Bucket, Properties: {} }\n'

/** Function with additional properties, lines of flow YAML. */
const worker = (...properties: string[]) => `  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: index.handler
      Runtime: nodejs24.x
${properties.map((line) => `      ${line}\n`).join('')}`

/** Loads a template with these resources, indented lines. */
function load(resources: string, options?: LoadTemplateOptions, sections = '') {
  const path = join(directory, 'template.yaml')
  writeFileSync(path, `${sections}\nResources:\n${resources}`)
  return loadTemplate(path, options)
}

const bucket = (properties: string) => load(`  Jobs: { Type: AWS::S3::Bucket, Properties: { ${properties} } }\n`)
const queue = (properties: string) => load(`  Jobs: { Type: AWS::SQS::Queue, Properties: { ${properties} } }\n`)
const rule = (properties: string, others = QUEUE) =>
  load(`${others}  Rule: { Type: AWS::Events::Rule, Properties: { ${properties} } }\n`).rules[0]
const event = (type: string, properties: string, ...others: string[]) =>
  load(`${BUCKET}${worker(`Events: { Tick: { Type: ${type}, Properties: { ${properties} } } }`, ...others)}`).rules[0]
const asynchronous = (configuration: string) =>
  load(QUEUE + worker(`EventInvokeConfig: { ${configuration} }`)).functions[0]?.asynchronous

describe('buckets', () => {
  test('have a stable name from the stack and their logical id, in lower case', () => {
    expect(bucket('').buckets).toEqual([
      { logicalId: 'Jobs', name: 'local-jobs', versioned: false, eventBridge: false, corsRules: [] },
    ])
    expect(load(BUCKET, { stackName: 'Mine' }).buckets[0]?.name).toBe('mine-jobs')
  })

  test('have versioning and EventBridge, and other properties have no effect', () => {
    const { buckets, inert } = bucket(
      `BucketName: my.jobs, VersioningConfiguration: { Status: Enabled },
       NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
       LifecycleConfiguration: { Rules: [] }, BucketEncryption: { Key: !GetAtt Nobody.Arn },
       PublicAccessBlockConfiguration: { BlockPublicAcls: true }, OwnershipControls: {}, Tags: []`,
    )
    expect(buckets).toEqual([{ logicalId: 'Jobs', name: 'my.jobs', versioned: true, eventBridge: true, corsRules: [] }])
    expect(inert.map(({ path }) => path)).toContain('Jobs.LifecycleConfiguration')
  })

  test('have the CORS rules that pages need, with header names in lower case', () => {
    const { buckets } = bucket(
      `CorsConfiguration: { CorsRules: [
         { AllowedOrigins: ['https://*.example.com'], AllowedMethods: [GET, PUT], AllowedHeaders: [Content-Type],
           ExposedHeaders: [ETag], MaxAge: 60, Id: pages },
         { AllowedOrigins: ['*'], AllowedMethods: [GET] } ] }`,
    )
    expect(buckets[0]?.corsRules).toEqual([
      {
        allowedOrigins: ['https://*.example.com'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['content-type'],
        exposedHeaders: ['ETag'],
        maxAgeSeconds: 60,
      },
      { allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: [], exposedHeaders: [] },
    ])
  })

  test.each([
    ["AllowedOrigins: ['*']", /AllowedMethods is required/],
    ['AllowedMethods: [GET]', /AllowedOrigins is required/],
    ["AllowedOrigins: ['*'], AllowedMethods: [OPTIONS]", /AllowedMethods has OPTIONS, S3 knows GET, PUT/],
    [
      "AllowedOrigins: ['https://*.*.com'], AllowedMethods: [GET]",
      /AllowedOrigins has https:.*, S3 takes one \* in each/,
    ],
    ["AllowedOrigins: ['*'], AllowedMethods: [GET], Credentials: true", /property Credentials is not supported/],
  ])('with the CORS rule {%s} are refused', (corsRule, message) => {
    expect(() => bucket(`CorsConfiguration: { CorsRules: [{ ${corsRule} }] }`)).toThrow(message)
  })

  test.each([
    ['EventBridgeConfiguration: {}', true],
    ['EventBridgeConfiguration: { EventBridgeEnabled: false }', false],
    ['', false],
  ])('with the notifications {%s} send events: %s', (notifications, sends) => {
    expect(bucket(`NotificationConfiguration: { ${notifications} }`).buckets[0]?.eventBridge).toBe(sends)
  })

  test.each([
    ['BucketName: Upper', /Jobs.Properties: property BucketName is Upper, which is not a bucket name/],
    ['VersioningConfiguration: { Status: On }', /Status is On, the local stack supports Enabled, Suspended/],
    ['ObjectLockEnabled: true', /Jobs: property ObjectLockEnabled is not supported/],
    [
      'NotificationConfiguration: { QueueConfigurations: [] }',
      /Jobs.NotificationConfiguration: property QueueConfigurations is not supported/,
    ],
  ])('are refused with %s', (properties, message) => {
    expect(() => bucket(properties)).toThrow(message)
  })
})

describe('queues', () => {
  test('have SQS’s defaults', () => {
    expect(load(QUEUE).queues).toEqual([
      {
        logicalId: 'Failures',
        name: 'Failures',
        arn: 'arn:aws:sqs:us-east-1:123456789012:Failures',
        visibilityTimeoutSeconds: 30,
        messageRetentionSeconds: 345_600,
      },
    ])
  })

  test('have the name and times of the template', () => {
    expect(queue('QueueName: q, VisibilityTimeout: 0, MessageRetentionPeriod: 1209600').queues[0]).toMatchObject({
      name: 'q',
      visibilityTimeoutSeconds: 0,
      messageRetentionSeconds: 1_209_600,
    })
  })

  test.each([
    ['FifoQueue: true', /Jobs: property FifoQueue is not supported/],
    ['RedrivePolicy: {}', /Jobs: property RedrivePolicy is not supported/],
    ['MessageRetentionPeriod: 59', /MessageRetentionPeriod is 59, it must be a whole number from 60 to 1209600/],
    ['QueueName: jobs.fifo', /QueueName is jobs.fifo, which is not a queue name/],
  ])('are refused with %s', (properties, message) => {
    expect(() => queue(properties)).toThrow(message)
  })
})

describe('rules', () => {
  const target = 'Targets: [{ Id: one, Arn: !GetAtt Failures.Arn }]'

  test('are read with their targets', () => {
    expect(
      rule(
        `Name: named, EventPattern: { source: [mine], detail: { size: [{ numeric: ['>', 1] }] } },
         Targets: [{ Id: q, Arn: !GetAtt Failures.Arn, InputPath: $.detail, RetryPolicy: {} },
                   { Id: f, Arn: !Sub "\${Worker.Arn}:live", Input: '{"a":1}' }]`,
        QUEUE + worker(),
      ),
    ).toEqual({
      logicalId: 'Rule',
      name: 'named',
      eventBusName: 'default',
      enabled: true,
      pattern: { source: ['mine'], detail: { size: [{ numeric: ['>', 1] }] } },
      targets: [
        {
          id: 'q',
          arn: 'arn:aws:sqs:us-east-1:123456789012:Failures',
          service: 'sqs',
          resource: 'Failures',
          inputPath: '$.detail',
        },
        {
          id: 'f',
          arn: 'arn:aws:lambda:us-east-1:123456789012:function:Worker:live',
          service: 'lambda',
          resource: 'Worker',
          input: '{"a":1}',
        },
      ],
    })
  })

  test('can be schedules, disabled, and of the default bus by its ARN', () => {
    expect(
      rule(
        `ScheduleExpression: rate(5 minutes), State: DISABLED,
         EventBusName: !Sub "arn:aws:events:\${AWS::Region}:\${AWS::AccountId}:event-bus/default", ${target}`,
      ),
    ).toMatchObject({ schedule: 'rate(5 minutes)', enabled: false, eventBusName: 'default' })
  })

  test.each([
    [target, /property EventPattern or ScheduleExpression is required/],
    [
      `EventPattern: {}, EventBusName: other, ${target}`,
      /EventBusName is other, the local stack has only the buses default/,
    ],
    [
      'EventPattern: {}, Targets: [{ Id: x, Arn: arn:nobody }]',
      /Targets.0: property Arn is arn:nobody, which is not a function/,
    ],
    [
      `EventPattern: {}, Targets: [{ Id: x, Arn: a, InputTransformer: {} }]`,
      /Targets.0: property InputTransformer is not/,
    ],
    [
      'EventPattern: {}, Targets: [{ Id: x, Arn: !GetAtt Failures.Arn }, { Id: x, Arn: !GetAtt Failures.Arn }]',
      /Targets has the Id x twice/,
    ],
    [
      "EventPattern: {}, Targets: [{ Id: x, Arn: !GetAtt Failures.Arn, Input: '{}', InputPath: $.detail }]",
      /InputPath and Input exclude each other/,
    ],
    ['EventPattern: {}, Targets: [{ Id: x, Arn: !GetAtt Failures.Arn, Input: "{" }]', /Input is not JSON: \{/],
  ])('are refused with %s', (properties, message) => {
    expect(() => rule(properties)).toThrow(message)
  })
})

describe('events of a function', () => {
  test('become rules with SAM’s logical ids', () => {
    expect(
      event(
        'EventBridgeRule',
        `Pattern: { source: [aws.s3], detail: { bucket: { name: [!Ref Jobs] }, object: { key: [{ wildcard: 'in/*/x' }] } } },
         InputPath: $.detail, RetryPolicy: { MaximumRetryAttempts: 1 }`,
      ),
    ).toEqual({
      logicalId: 'WorkerTick',
      name: 'WorkerTick',
      eventBusName: 'default',
      enabled: true,
      pattern: {
        source: ['aws.s3'],
        detail: { bucket: { name: ['local-jobs'] }, object: { key: [{ wildcard: 'in/*/x' }] } },
      },
      targets: [
        {
          id: 'WorkerTickLambdaTarget',
          arn: 'arn:aws:lambda:us-east-1:123456789012:function:Worker',
          service: 'lambda',
          resource: 'Worker',
          inputPath: '$.detail',
        },
      ],
    })
  })

  test('have the names, states, targets and inputs of the template', () => {
    expect(event('EventBridgeRule', 'Pattern: {}, RuleName: n, State: DISABLED, Target: { Id: t }')).toMatchObject({
      name: 'n',
      enabled: false,
      targets: [{ id: 't' }],
    })
    expect(event('Schedule', "Schedule: rate(1 minute), Name: n, Enabled: false, Input: '{}'")).toMatchObject({
      name: 'n',
      schedule: 'rate(1 minute)',
      enabled: false,
      targets: [{ input: '{}' }],
    })
  })

  test('are removed by a condition', () => {
    const { rules } = load(
      worker('Events: { Tick: !If [No, { Type: Schedule, Properties: { Schedule: x } }, !Ref AWS::NoValue] }'),
      {},
      'Conditions: { No: !Equals [a, b] }',
    )
    expect(rules).toEqual([])
  })

  test.each([
    ['EventBridgeRule', 'RuleName: x', /Worker.Properties.Events.Tick.Properties: property Pattern is required/],
    ['EventBridgeRule', 'Pattern: {}, InputTransformer: {}', /property InputTransformer is not supported/],
    ['Schedule', 'State: ENABLED, Enabled: true, Schedule: rate(1 minute)', /State and Enabled exclude each other/],
    ['Schedule', 'Name: x', /property Schedule is required/],
  ])('of type %s with { %s } are refused', (type, properties, message) => {
    expect(() => event(type, properties)).toThrow(message)
  })
})

describe('asynchronous invocations', () => {
  test('have retries, an age and a destination', () => {
    expect(
      asynchronous(
        `MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60,
         DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Failures.Arn } }`,
      ),
    ).toEqual({
      maximumRetryAttempts: 0,
      maximumEventAgeSeconds: 60,
      onFailure: { service: 'sqs', resource: 'Failures', arn: 'arn:aws:sqs:us-east-1:123456789012:Failures' },
    })
  })

  test.each([
    ['MaximumRetryAttempts: 3', /MaximumRetryAttempts is 3, it must be a whole number from 0 to 2/],
    ['MaximumEventAgeInSeconds: 59', /MaximumEventAgeInSeconds is 59/],
    ['DestinationConfig: { OnSuccess: {} }', /property OnSuccess is not supported/],
    ['DestinationConfig: { OnFailure: { Type: SNS, Destination: x } }', /OnFailure: type SNS is not supported/],
    [
      'DestinationConfig: { OnFailure: { Type: SQS, Destination: x } }',
      /Destination is x, which is not a queue of this/,
    ],
    ['DestinationConfig: { OnFailure: { Type: SQS } }', /OnFailure: property Destination is required/],
  ])('are refused with %s', (configuration, message) => {
    expect(() => asynchronous(configuration)).toThrow(message)
  })
})

test.each([
  ['!Ref Jobs', 'local-jobs'],
  ['!GetAtt Jobs.Arn', 'arn:aws:s3:::local-jobs'],
  ['!GetAtt Jobs.DomainName', 'local-jobs.s3.amazonaws.com'],
  [`!Sub "\${Jobs}/x"`, 'local-jobs/x'],
  ['!Ref Failures', 'http://127.0.0.1:4006/123456789012/Failures'],
  ['!GetAtt Failures.QueueUrl', 'http://127.0.0.1:4006/123456789012/Failures'],
  ['!GetAtt Failures.Arn', 'arn:aws:sqs:us-east-1:123456789012:Failures'],
  ['!GetAtt Failures.QueueName', 'Failures'],
  ['!Ref Rule', 'Rule'],
  ['!GetAtt Rule.Arn', 'arn:aws:events:us-east-1:123456789012:rule/Rule'],
  ['!Ref WorkerTick', 'tick'],
  ['!GetAtt WorkerTick.Arn', 'arn:aws:events:us-east-1:123456789012:rule/tick'],
])('%s is %s', (expression, value) => {
  const { outputs } = load(
    `${BUCKET}${QUEUE}${worker('Events: { Tick: { Type: Schedule, Properties: { Schedule: rate(1 day), Name: tick } } }')}
  Rule: { Type: AWS::Events::Rule, Properties: { EventPattern: {} } }
Outputs: { Value: { Value: ${expression} } }
`,
    { firstPort: 4000 },
  )
  expect(outputs).toEqual({ Value: value })
})
