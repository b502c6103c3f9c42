import '../core/index.ts'
import { EventBridgeClient, type EventBridgeClientConfig, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** Source of all events of the suite. */
export const EVENT_SOURCE = 'bedrock-functions'

export interface JobEvent {
  readonly detailType:
    | 'Inference Job State Change'
    | 'Inference Job Due'
    | 'Batch Inference Job State Change'
    | 'Batch Inference Job Due'
    | 'Budget Threshold Reached'
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

export interface EventSender {
  /** Sends events. Resolves when the bus has accepted all of them, and rejects if it refuses one. */
  send(events: readonly JobEvent[]): Promise<void>
}

/** Limit of EventBridge for one PutEvents. */
export const MAX_EVENTS_PER_CALL = 10

export function createEventSender(
  eventBusName: string,
  clientConfiguration: EventBridgeClientConfig = {},
): EventSender {
  const client = new EventBridgeClient({
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 2000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    }),
    maxAttempts: 5,
    ...clientConfiguration,
  })
  return {
    async send(events) {
      for (let start = 0; start < events.length; start += MAX_EVENTS_PER_CALL) {
        const Entries = events.slice(start, start + MAX_EVENTS_PER_CALL).map(({ detailType, resources, detail }) => ({
          EventBusName: eventBusName,
          Source: EVENT_SOURCE,
          DetailType: detailType,
          Resources: [...resources],
          Detail: JSON.stringify(detail),
        }))
        // An answer with status 200 may refuse some of the entries.
        const { FailedEntryCount = 0, Entries: results = [] } = await client.send(new PutEventsCommand({ Entries }))
        if (FailedEntryCount > 0) {
          const code = results.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode
          throw new Error(`EventBridge took ${Entries.length - FailedEntryCount} of ${Entries.length} events: ${code}`)
        }
      }
    },
  }
}
