import { join } from 'node:path'
import { type CorsRule, createS3Server } from '@bedrock-functions/s3-emulator'
import { createDynamoDbServer } from './dynamodb/index.ts'
import {
  createEventBridgeServer,
  createEventBus,
  createSchedules,
  type Deliver,
  type Delivery,
  type EventBus,
  type EventDraft,
  type Schedules,
} from './events/index.ts'
import {
  type AsynchronousInvocationsOptions,
  type AttemptOutcome,
  createAsynchronousInvocations,
} from './lambda/asynchronous/index.ts'
import { listen, type PortBlock } from './listen.ts'
import { createSqsServer } from './sqs/index.ts'
import type { LoadedTemplate, RuleTargetModel } from './template/model.ts'

export interface EventServicesOptions {
  readonly template: LoadedTemplate
  /** Holds a folder with the state of each service. */
  readonly stateDirectory: string
  readonly ports: PortBlock
  /** False: the functions use another S3, whose events do not arrive here. */
  readonly embedS3: boolean
  /** Workers of all functions together. */
  readonly maxWorkers: number
  /** Delays after failed attempts; undefined: those of Lambda. */
  readonly retryDelaysMs: readonly number[] | undefined
  readonly onInvocation: (outcome: AttemptOutcome) => void
  /** Called when the targets of the bus have a client's event. */
  readonly onPublished: (event: EventDraft) => void
  /** Called for an internal error of a service. The failed work is retried or answered with an error. */
  readonly onFault: (part: string, error: unknown) => void
}

/** S3, EventBridge, SQS, DynamoDB, and their ways to the functions: bus, schedules, Lambda's asynchronous queue. */
export interface EventServices {
  /** Undefined when the template does not need the service; S3's also when it is not embedded. */
  readonly s3Url: string | undefined
  readonly eventBridgeUrl: string | undefined
  readonly sqsUrl: string | undefined
  readonly dynamoDbUrl: string | undefined
  /** Starts to invoke, first the events of earlier runs. `invoke` is that of the Lambda service. */
  start(invoke: Invoke, startExecution: StartExecution): void
  /** Runs a scheduled rule now. */
  fireSchedule(ruleName: string): Promise<void>
  /** Publishes an event of an AWS service on the default bus. One that comes while the services stop is lost. */
  publish(event: EventDraft): Promise<void>
  /** Stops accepting and invoking. Accepted events are kept. */
  stop(): Promise<void>
  /** Also ends S3, SQS and DynamoDB, which running functions may use until then. */
  close(): Promise<void>
}

type Invoke = AsynchronousInvocationsOptions['invoke']

/** Starts an execution of the named state machine, once for each id of a delivery. */
export type StartExecution = (stateMachineName: string, input: string, id: string) => void

/** Part of the workers for asynchronous invocations. The rest is for synchronous requests. */
const ASYNCHRONOUS_SHARE = 0.75

/** Starts the servers. Nothing is invoked before `start`. Closes everything before it rejects. */
export async function openEventServices(options: EventServicesOptions): Promise<EventServices> {
  const { template, ports, retryDelaysMs, onFault } = options
  const { accountId, region, buckets, queues, tables, rules, functions } = template
  const directoryOf = (service: string) => join(options.stateDirectory, service)
  const intake: (() => Promise<void> | void)[] = []
  const servers: (() => Promise<void> | void)[] = []
  let invoke: Invoke | undefined
  let startExecution: StartExecution | undefined
  let isStopping = false

  const runAll = async (closers: (() => Promise<void> | void)[]) => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  const stop = async () => {
    isStopping = true
    await runAll(intake)
  }
  const close = async () => {
    await stop()
    await runAll(servers)
  }
  const faultsOf = (part: string) => (error: unknown) => {
    if (!isStopping) onFault(part, error)
  }
  const onRequestOf = (part: string) => {
    const onPartFault = faultsOf(part)
    return ({ failure }: { readonly failure?: unknown }) => {
      if (failure !== undefined) onPartFault(failure)
    }
  }

  async function openSqs() {
    const server = createSqsServer({
      directory: directoryOf('sqs'),
      queues,
      accountId,
      region,
      onRequest: onRequestOf('SQS'),
    })
    const url = await listen(server, 'SQS', ports, 'sqs')
    servers.push(() => server.close())
    return { url, send: server.send }
  }

  async function openDynamoDb() {
    const server = createDynamoDbServer({
      directory: directoryOf('dynamodb'),
      tables,
      onRequest: onRequestOf('DynamoDB'),
    })
    const url = await listen(server, 'DynamoDB', ports, 'dynamodb')
    servers.push(() => server.close())
    return url
  }

  async function openInvocations(sendToQueue: AsynchronousInvocationsOptions['sendToQueue']) {
    const invocations = await createAsynchronousInvocations({
      directory: directoryOf('invocations'),
      functions: functions.map(({ functionName, arn, reservedConcurrency, asynchronous }) => ({
        functionName,
        arn,
        reservedConcurrency,
        ...asynchronous,
      })),
      async invoke(...call) {
        if (!invoke) throw new Error('the functions have not started')
        return invoke(...call)
      },
      sendToQueue,
      ...(retryDelaysMs && { retryDelaysMs }),
      maxConcurrency: Math.max(1, Math.floor(options.maxWorkers * ASYNCHRONOUS_SHARE)),
      onOutcome: options.onInvocation,
      onFault: faultsOf('the asynchronous queue'),
    })
    intake.push(() => invocations.close())
    return invocations
  }

  async function openEventBridge(bus: EventBus) {
    const server = createEventBridgeServer({ bus, onRequest: onRequestOf('EventBridge') })
    const url = await listen(server, 'EventBridge', ports, 'eventBridge')
    intake.push(() => server.close())
    return url
  }

  async function openS3(bus: EventBus) {
    const onEventFault = faultsOf('the event bus')
    const server = createS3Server({
      directory: directoryOf('s3'),
      buckets: buckets.map((bucket) => ({ ...bucket, corsRules: [...(bucket.corsRules ?? []), pageRule(ports)] })),
      accountId,
      region,
      async onEvent(event) {
        // S3 keeps a refused event and offers it again.
        if (isStopping) throw new Error('the stack is ending')
        try {
          await bus.accept(event)
        } catch (error) {
          onEventFault(error)
          throw error
        }
      },
      onRequest: onRequestOf('S3'),
    })
    const url = await listen(server, 'S3', ports, 's3')
    servers.push(() => server.close())
    return url
  }

  function openSchedules(fire: Deliver): Schedules {
    const schedules = createSchedules({
      rules,
      accountId,
      region,
      fire,
      onFailed: (ruleName, error) => faultsOf(`the schedule ${ruleName}`)(error),
    })
    intake.push(() => schedules.close())
    return schedules
  }

  try {
    const sqs = queues.length > 0 ? await openSqs() : undefined
    const sendToQueue = async (queueName: string, body: string, id: string) => {
      if (!sqs) throw new Error(`there is no queue ${queueName}`)
      await sqs.send(queueName, body, id)
    }
    const invocations = await openInvocations(sendToQueue)
    const deliver: Deliver = async ({ service, resource }, payload, { id }) => {
      switch (service) {
        case 'lambda':
          return invocations.enqueue({ functionName: resource, payload: Buffer.from(payload), id })
        case 'sqs':
          return sendToQueue(resource, payload, id)
        case 'states':
          if (!startExecution) throw new Error('the state machines have not started')
          startExecution(resource, payload, id)
      }
    }
    const onDropped = ({ resource }: RuleTargetModel, { event, rule }: Delivery) =>
      faultsOf(`the rule ${rule.name}`)(new Error(`the event ${event.id} is too large for ${resource}`))
    const bus = createEventBus({ rules, accountId, region, deliver, onDropped, onPublished: options.onPublished })
    const eventBridgeUrl = needsEventBridge(template) ? await openEventBridge(bus) : undefined
    const s3Url = options.embedS3 && buckets.length > 0 ? await openS3(bus) : undefined
    const dynamoDbUrl = tables.length > 0 ? await openDynamoDb() : undefined
    const schedules = openSchedules(deliver)
    return {
      s3Url,
      eventBridgeUrl,
      sqsUrl: sqs?.url,
      dynamoDbUrl,
      start(invokeFunction, startStateMachine) {
        invoke = invokeFunction
        startExecution = startStateMachine
        invocations.start()
        schedules.start()
      },
      fireSchedule: (ruleName) => schedules.fireNow(ruleName),
      async publish(event) {
        if (!isStopping) await bus.publish(event)
      },
      stop,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** True: a rule waits for events, or a function declares EventBridge's address. */
function needsEventBridge({ rules, functions }: LoadedTemplate): boolean {
  return rules.length > 0 || functions.some(({ environment }) => environment.AWS_ENDPOINT_URL_EVENTBRIDGE !== undefined)
}

/** CORS rule for the page that the API serves on this machine: it uploads by presigned URLs. */
function pageRule(ports: PortBlock): CorsRule {
  const scheme = ports.options.tls ? 'https' : 'http'
  const port = ports.portOf('api')
  return {
    allowedOrigins: ['localhost', '127.0.0.1', '[::1]'].map((host) => `${scheme}://${host}:${port}`),
    allowedMethods: ['PUT', 'GET'],
    allowedHeaders: ['*'],
    exposedHeaders: [],
  }
}
