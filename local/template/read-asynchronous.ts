import type { AsynchronousModel, QueueModel } from './model.ts'
import type { PropertyReader } from './read-property.ts'

/** Bounds and defaults. Source: Lambda API reference, PutFunctionEventInvokeConfig. */
const RETRY_ATTEMPTS = { least: 0, most: 2 }
const DEFAULT_RETRY_ATTEMPTS = 2
const EVENT_AGE_SECONDS = { least: 60, most: 21_600 }
const DEFAULT_EVENT_AGE_SECONDS = 21_600

/** Reads `EventInvokeConfig` of a function. */
export function readAsynchronous(reader: PropertyReader, queues: readonly QueueModel[]): AsynchronousModel {
  const configuration = reader.within('EventInvokeConfig')
  const destinations = configuration.within('DestinationConfig')
  return {
    maximumRetryAttempts: configuration.wholeNumber('MaximumRetryAttempts', RETRY_ATTEMPTS, DEFAULT_RETRY_ATTEMPTS),
    maximumEventAgeSeconds: configuration.wholeNumber(
      'MaximumEventAgeInSeconds',
      EVENT_AGE_SECONDS,
      DEFAULT_EVENT_AGE_SECONDS,
    ),
    ...(destinations.has('OnFailure') && { onFailure: readDestination(destinations.within('OnFailure'), queues) }),
  }
}

function readDestination(
  destination: PropertyReader,
  queues: readonly QueueModel[],
): NonNullable<AsynchronousModel['onFailure']> {
  // Without it SAM would make a queue.
  const arn = destination.string('Destination')
  const queue = queues.find((candidate) => candidate.arn === arn)
  if (!queue) return destination.fail('Destination', `is ${arn}, which is not a queue of this template`)
  return { service: 'sqs', resource: queue.name, arn }
}
