import { SQSClient } from '@aws-sdk/client-sqs'
import { createObjectStore, type ObjectStore } from '../../layers/runtime/src/core/object-store.ts'
import { PORT_OFFSETS } from '../../local/ports.ts'
import { clientOptions, readOutputs, type StackPlace } from '../stack-place.ts'
import { JobsCommandError } from './command-line.ts'

/** Services of a stack that the commands use. */
export interface OpenPlace {
  readonly store: ObjectStore
  readonly sqs: SQSClient
  readonly queueUrl: string
  /** Repeats an asynchronous invocation of a function, or an event for a function or the workflow. */
  deliver(target: string, payload: string): Promise<void>
}

/** Opens a stack. Clients that only some commands need are loaded then. */
export function openPlace(place: StackPlace): Promise<OpenPlace> {
  return place.kind === 'local' ? openLocal(place.port) : openStack(place.stack, place.region)
}

/** Names in the local stack. */
const LOCAL_BUCKET = 'local-jobsbucket'
const LOCAL_QUEUE = '123456789012/JobsDeadLetterQueue'
const LOCAL_EVENT_BUS = 'local'

async function openLocal(port: number): Promise<OpenPlace> {
  const urlOf = (server: keyof typeof PORT_OFFSETS) => `http://127.0.0.1:${port + PORT_OFFSETS[server]}`
  const local = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
  return {
    store: createObjectStore(LOCAL_BUCKET, { ...local, endpoint: urlOf('s3'), forcePathStyle: true }),
    sqs: new SQSClient({ ...local, endpoint: urlOf('sqs') }),
    queueUrl: `${urlOf('sqs')}/${LOCAL_QUEUE}`,
    // The local stack has no address for invocations. Its buses take events of every source, those of S3 too.
    async deliver(target, payload) {
      const event = readEvent(payload)
      if (!event)
        throw new JobsCommandError(`${target} was invoked without an event. Locally only events are repeated.`)
      const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge')
      const client = new EventBridgeClient({ ...local, endpoint: urlOf('eventBridge') })
      const { FailedEntryCount } = await client.send(new PutEventsCommand({ Entries: [event] }))
      if (FailedEntryCount) throw new JobsCommandError('The bus refused the event.')
    },
  }
}

function readEvent(payload: string) {
  const { source, detail, 'detail-type': detailType, resources } = JSON.parse(payload) ?? {}
  if (typeof source !== 'string' || typeof detailType !== 'string' || typeof detail !== 'object') return undefined
  return {
    Source: source,
    DetailType: detailType,
    Detail: JSON.stringify(detail),
    ...(Array.isArray(resources) && { Resources: resources }),
    ...(source !== 'aws.s3' && { EventBusName: LOCAL_EVENT_BUS }),
  }
}

async function openStack(stack: string, region: string | undefined): Promise<OpenPlace> {
  const options = clientOptions(region)
  const outputs = await readOutputs(stack, region, (message, cause) => new JobsCommandError(message, cause))
  const output = (name: string) => {
    const value = outputs.get(name)
    if (value === undefined) throw new JobsCommandError(`The stack ${stack} has no output ${name}.`)
    return value
  }
  return {
    store: createObjectStore(output('JobsBucketName'), region === undefined ? {} : { region }),
    sqs: new SQSClient(options),
    queueUrl: output('JobsDeadLetterQueueUrl'),
    async deliver(target, payload) {
      if (target.split(':')[2] === 'states') {
        const { SFNClient, StartExecutionCommand } = await import('@aws-sdk/client-sfn')
        await new SFNClient(options).send(new StartExecutionCommand({ stateMachineArn: target, input: payload }))
        return
      }
      const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda')
      const invocation = { FunctionName: target, InvocationType: 'Event', Payload: Buffer.from(payload) } as const
      await new LambdaClient(options).send(new InvokeCommand(invocation))
    },
  }
}
