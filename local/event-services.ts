import { join } from 'node:path'
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
import { createS3Server } from './s3/index.ts'
import { createSqsServer } from './sqs/index.ts'
import type { LoadedTemplate, RuleTargetModel } from './template/model.ts'

export interface EventServicesOptions {
  readonly template: LoadedTemplate
  /** Holds the state of each in a folder of its own. */
  readonly stateDirectory: string
  readonly ports: PortBlock
  /** False: the functions use another S3, whose events do not come here. */
  readonly embedS3: boolean
  /** Workers of all functions together. */
  readonly maximumWorkers: number
  /** After failed attempts; Lambda's where undefined. */
  readonly retryDelaysMilliseconds: readonly number[] | undefined
  readonly onInvocation: (outcome: AttemptOutcome) => void
  /** A client's event is with the targets of its bus. */
  readonly onPublished: (event: EventDraft) => void
  /** Something inside a server of these failed; what it was doing is tried again or answered with an error. */
  readonly onFault: (part: string, error: unknown) => void
}

/** S3, EventBridge, SQS and what lies between them and the functions: the bus, schedules, Lambda's asynchronous queue. */
export interface EventServices {
  /** Each undefined when the template has nothing for it, S3's also when it is not embedded. */
  readonly s3Url: string | undefined
  readonly eventBridgeUrl: string | undefined
  readonly sqsUrl: string | undefined
  /** Begins to invoke, first what earlier runs left; `invoke` is LambdaService's. */
  start(invoke: Invoke, startExecution: StartExecution): void
  /** As if the rule's time had come. */
  fireSchedule(ruleName: string): Promise<void>
  /** Takes and invokes no more; what was accepted is kept. */
  stop(): Promise<void>
  /** Ends S3 and SQS, too, which functions may be using until then. */
  close(): Promise<void>
}

type Invoke = AsynchronousInvocationsOptions['invoke']

/** Begins an execution of the named state machine. */
export type StartExecution = (stateMachineName: string, input: string) => void

/** Of the workers, the part that asynchronous invocations may hold: the rest is for whoever waits for an answer. */
const ASYNCHRONOUS_SHARE = 0.75

/** Serves and accepts from now on, but invokes nothing before `start`. Rejects with nothing left open. */
export async function openEventServices(options: EventServicesOptions): Promise<EventServices> {
  const { template, ports, retryDelaysMilliseconds, onFault } = options
  const { accountId, region, buckets, queues, rules, functions } = template
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
      ...(retryDelaysMilliseconds && { retryDelaysMilliseconds }),
      maximumConcurrency: Math.max(1, Math.floor(options.maximumWorkers * ASYNCHRONOUS_SHARE)),
      onOutcome: options.onInvocation,
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
      buckets,
      accountId,
      region,
      async onEvent(event) {
        // S3 keeps what is refused here and offers it again.
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
          startExecution(resource, payload)
      }
    }
    const onDropped = ({ resource }: RuleTargetModel, { event, rule }: Delivery) =>
      faultsOf(`the rule ${rule.name}`)(new Error(`the event ${event.id} is too large for ${resource}`))
    const bus = createEventBus({ rules, accountId, region, deliver, onDropped, onPublished: options.onPublished })
    const eventBridgeUrl = needsEventBridge(template) ? await openEventBridge(bus) : undefined
    const s3Url = options.embedS3 && buckets.length > 0 ? await openS3(bus) : undefined
    const schedules = openSchedules(deliver)
    return {
      s3Url,
      eventBridgeUrl,
      sqsUrl: sqs?.url,
      start(invokeFunction, startStateMachine) {
        invoke = invokeFunction
        startExecution = startStateMachine
        invocations.start()
        schedules.start()
      },
      fireSchedule: (ruleName) => schedules.fireNow(ruleName),
      stop,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Where a rule waits for events, or a function says that it sends some. */
function needsEventBridge({ rules, functions }: LoadedTemplate): boolean {
  return rules.length > 0 || functions.some(({ environment }) => environment.AWS_ENDPOINT_URL_EVENTBRIDGE !== undefined)
}
