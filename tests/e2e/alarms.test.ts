import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StartAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { parse } from 'yaml'
import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts'
import { createStackClients, endOf, eventually, postJson, type StackClients } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const NOVA = 'us.amazon.nova-lite-v1:0'
/** Announces retries, so that the stack makes none. */
const RETRYING = { 'amz-sdk-request': 'attempt=1; max=3' }

interface Metric {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
}

/** Metrics of the template's alarms, each with the name of its alarm. */
function alarmMetrics(): [alarm: string, metric: Metric][] {
  const template = parse(readFileSync(join(ROOT, 'template.yaml'), 'utf8'), {
    logLevel: 'silent',
  }) as { Resources: Record<string, { Type: string; Properties: Partial<Metric> & { Metrics?: MetricQuery[] } }> }
  return Object.entries(template.Resources).flatMap(([name, { Type, Properties }]) => {
    if (Type !== 'AWS::CloudWatch::Alarm') return []
    const queries = Properties.Metrics?.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []))
    return (queries ?? [Properties as Metric]).map((metric): [string, Metric] => [name, metric])
  })
}

interface MetricQuery {
  readonly MetricStat?: { readonly Metric: Metric }
}

/** Document in CloudWatch's embedded metric format. */
interface MetricsDocument extends Record<string, unknown> {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string }[]
    }[]
  }
}

let stack: RunningStack
let clients: StackClients
/** Collector of OpenTelemetry. */
let collector: RecordingServer
beforeAll(async () => {
  collector = await startRecordingServer(() => ({ statusCode: 200, body: '{}' }))
  stack = await startStack({
    arguments: ['--parameter-overrides', 'JobMaxAttempts=1', `OtlpTracesEndpoint=${collector.url}/v1/traces`],
  })
  clients = createStackClients(stack)
}, 60_000)
afterAll(async () => {
  clients.destroy()
  await stack.stop()
  await collector.close()
})

const bodyOf = (text: string) => ({ messages: [{ role: 'user', content: [{ text }] }] })
const call = (operation: string, text: string) =>
  postJson(stack, `/model/${encodeURIComponent(NOVA)}/${operation}`, bodyOf(text), RETRYING)

/** Reads the metrics that the functions have written to their standard output. */
async function readDocuments(): Promise<MetricsDocument[]> {
  const directory = join(stack.stateDirectory, 'logs')
  const texts = await Promise.all((await readdir(directory)).map((file) => readFile(join(directory, file), 'utf8')))
  return texts
    .join('\n')
    .split('\n')
    .filter((line) => line.includes('"_aws"'))
    .map((line) => JSON.parse(line))
}

/** Values of an alarm's metric, as CloudWatch takes them from the documents: by namespace, dimensions and name. */
function valuesOf({ Namespace, MetricName, Dimensions }: Metric, documents: readonly MetricsDocument[]): number[] {
  const names = Dimensions.map(({ Name }) => Name).toSorted()
  const isOfMetric = (document: MetricsDocument) =>
    document._aws.CloudWatchMetrics.some(
      (directive) =>
        directive.Namespace === Namespace &&
        directive.Metrics.some(({ Name }) => Name === MetricName) &&
        directive.Dimensions.some((set) => set.toSorted().join() === names.join()),
    ) &&
    // The first dimension is the stack, whose name the template does not know.
    Dimensions.slice(1).every(({ Name, Value }) => document[Name] === Value)
  return documents.filter(isOfMetric).map((document) => Number(document[MetricName]))
}

/** What provokes the metric of each alarm of ours. */
const PROVOCATIONS: Readonly<Record<string, (() => Promise<unknown>) | undefined>> = {
  Calls: () => call('converse', 'Hi'),
  Duration: () => call('converse', 'Hi'),
  EstimatedCostUsd: () => call('converse', 'Hi'),
  ServerErrors: () => call('converse', '[emulator:error=ServiceUnavailableException]'),
  ModelErrors: () => call('converse', '[emulator:error=ModelErrorException]'),
  Throttles: () => call('converse', '[emulator:throttle=9]'),
  StreamErrors: async () =>
    (await call('converse-stream', '[emulator:exception=ModelStreamErrorException@2] Hi')).arrayBuffer(),
  // Open for longer than the interval of the sweep.
  OldestOpenJob: () => startJob('[emulator:stall=120000] slow'),
  // The same sweep.
  OpenJobs: undefined,
}

const startJob = (text: string) =>
  clients.bedrock.send(
    new StartAsyncInvokeCommand({
      modelId: NOVA,
      modelInput: bodyOf(text),
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://local-jobsbucket/output/alarms' } },
    }),
  )

const OWN = alarmMetrics().filter(([, { Namespace }]) => Namespace === 'BedrockFunctions')

/** Commands for the local stack in docs/operation.md, each with its alarm. */
function runbookCommands(): [alarm: string, command: string][] {
  const page = readFileSync(join(ROOT, 'docs', 'operation.md'), 'utf8')
  const [, alarms = ''] = /^## Alarms\n(.*?)^## /ms.exec(page) ?? []
  return alarms.split(/^### /m).flatMap((section) => {
    const [, local = ''] = /^# Locally\n(.*?)^```/ms.exec(section) ?? []
    const commands = local.split('\n').filter((line) => line !== '')
    return commands.map((command): [string, string] => [section.slice(0, section.indexOf('\n')), command])
  })
}

test('every metric of an alarm has its provocation here', () => {
  const names = new Set(OWN.map(([, { MetricName }]) => MetricName))
  expect([...names].toSorted()).toEqual(Object.keys(PROVOCATIONS).toSorted())
  const others = alarmMetrics().filter(([, { Namespace }]) => Namespace !== 'BedrockFunctions')
  expect(new Set(others.map(([alarm, { Namespace, MetricName }]) => `${alarm}: ${Namespace} ${MetricName}`))).toEqual(
    new Set(['DeadLettersAlarm: AWS/SQS ApproximateNumberOfMessagesVisible', 'ReleaseAlarm: AWS/Lambda Errors']),
  )
})

test.each(OWN.map(([alarm, metric]) => [alarm, metric.MetricName, metric] as const))(
  '%s: its metric %s is in the output of the functions when it is provoked',
  async (_alarm, name, metric) => {
    const above = async () => valuesOf(metric, await readDocuments()).filter((value) => value > 0).length
    const provoke = PROVOCATIONS[name]
    const before = provoke ? await above() : 0
    await provoke?.()
    await eventually(async () => ((await above()) > before ? true : undefined))
  },
  // The sweep runs once a minute.
  150_000,
)

test('DeadLettersAlarm: a job that fails for lack of capacity is a message in its queue', async () => {
  await startJob('[emulator:throttle=9] a job')
  const url = `${stack.sqs}/123456789012/JobsDeadLetterQueue`
  await eventually(async () => {
    const { Attributes = {} } = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
    )
    return Number(Attributes.ApproximateNumberOfMessages) > 0 ? true : undefined
  })
}, 60_000)

test.each(runbookCommands())(
  '%s: this command of the runbook prints something: %s',
  async (_alarm, command) => {
    const local = command
      .replaceAll('.local/logs', join(stack.stateDirectory, 'logs'))
      .replaceAll('--local', `--local --port ${stack.port}`)
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', local], { cwd: ROOT })
    expect(stdout.trim()).not.toBe('')
  },
  30_000,
)

test('a failed job that an operator retries is answered, as a job of its caller', async () => {
  const { invocationArn = '' } = await startJob('[emulator:throttle=1] once')
  expect((await endOf(clients.bedrock, invocationArn)).status).toBe('Failed')
  const { stdout } = await promisify(execFile)(
    'npm',
    ['run', '-s', 'jobs', '--', 'retry', invocationArn, '--local', '--port', String(stack.port)],
    { cwd: ROOT },
  )
  const retried = invocationArn.replace(/[^/]+$/, stdout.trim())
  expect(retried).not.toBe(invocationArn)
  expect((await endOf(clients.bedrock, retried)).status).toBe('Completed')
}, 60_000)

test('a call that failed is in the log with its tries and the request id of Bedrock', async () => {
  const text = await readFile(join(stack.stateDirectory, 'logs', 'InvokeFunction.log'), 'utf8')
  const failed = text.split('\n').filter((line) => /"statusCode":(424|429|503)/.test(line))
  expect(failed.length).toBeGreaterThan(2)
  for (const line of failed) {
    expect(JSON.parse(line)).toMatchObject({ attempts: 1, bedrockRequestId: expect.any(String) })
  }
})

test('the collector has a span of each call, with its error, and of each job', async () => {
  const names = await eventually(async () => {
    const spans = collector.requests.map(({ body }) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans[0])
    const described = spans.map(({ name, status }) => `${name}${status ? ' failed' : ''}`)
    return described.includes(`generate_content ${NOVA}`) ? described : undefined
  })
  expect(names).toEqual(expect.arrayContaining(['ListModels', `chat ${NOVA}`, `chat ${NOVA} failed`]))
}, 30_000)

test('a job that waited for its model is in the log with its reason and the place of its end', async () => {
  const line = await eventually(async () => {
    const text = await readFile(join(stack.stateDirectory, 'logs', 'RunJobFunction.log'), 'utf8')
    return text.split('\n').find((entry) => entry.includes('"job failed"'))
  })
  expect(JSON.parse(line)).toMatchObject({
    errorType: 'ThrottlingException',
    retryable: true,
    end: expect.stringMatching(/^s3:\/\/local-jobsbucket\/jobs\/.*\/end\.json$/),
  })
})
