import { createDualProtocolServer, type DualProtocolServer, type ListenOptions } from '../net/dual-protocol-server.ts'
import type { EventListener } from './events/outbox.ts'
import { createFaultSwitch, type S3Fault } from './faults.ts'
import type { CorsRule } from './http/cors.ts'
import { createRequestListener, type RequestSummary } from './http/serve-requests.ts'
import { ObjectStore } from './storage/object-store.ts'

export { DirectoryInUseError } from '../storage/directory-lock.ts'
export { JournalError } from '../storage/journal.ts'
export type { ObjectEvent } from './events/object-event.ts'
export type { EventListener } from './events/outbox.ts'
export type { S3Fault } from './faults.ts'
export type { CorsRule } from './http/cors.ts'
export type { OperationName } from './http/route-operation.ts'
export type { RequestSummary } from './http/serve-requests.ts'

export interface S3BucketOptions {
  readonly name: string
  /** Keeps every version; false by default. */
  readonly versioned?: boolean
  /** Sends its events to EventBridge; true by default. */
  readonly eventBridge?: boolean
  /** What pages of other origins may do; nothing by default. */
  readonly corsRules?: readonly CorsRule[]
}

export interface S3ServerOptions {
  /** Directory of all state; created when missing. One process at a time. */
  readonly directory: string
  /** Created when missing; their settings apply from this start on. */
  readonly buckets: readonly S3BucketOptions[]
  /** `000000000000` by default. */
  readonly accountId?: string
  /** `us-east-1` by default. */
  readonly region?: string
  /**
   * Receives each change of an object, in EventBridge's shape, at least once. Until the returned promise resolves the event
   * is delivered again with the same id, also after a restart. Without a listener no events are recorded.
   */
  readonly onEvent?: EventListener
  /** Called once for each request, after its answer. */
  readonly onRequest?: (summary: RequestSummary) => void
  readonly fault?: S3Fault
}

export interface S3Server extends DualProtocolServer {
  /**
   * Opens the directory, listens (port 0: a free one) and starts delivery. Rejects with DirectoryInUseError or
   * JournalError, or when the port is taken; nothing stays open then.
   */
  listen(port: number, options?: ListenOptions): Promise<number>
  /** Makes requests fail. Replaces the previous fault; undefined removes it. */
  setFault(fault: S3Fault | undefined): void
}

/**
 * Amazon S3's REST API for the operations of `OperationName`, HTTP/1.1 and h2c on one port, its state in a directory. An
 * answered write and its event survive a crash of the process. A power failure may cost the last seconds, because nothing
 * is synced. Checksums, conditions and expiries are checked; signatures are not.
 *
 * @example
 * const s3 = createS3Server({ directory: '.local/s3', buckets: [{ name: 'jobs', versioned: true }], onEvent })
 * const port = await s3.listen(3003)
 */
export function createS3Server(options: S3ServerOptions): S3Server {
  const { accountId = '000000000000', region = 'us-east-1', onRequest, onEvent } = options
  const faults = createFaultSwitch(options.fault)
  let store: ObjectStore | undefined
  const server = createDualProtocolServer(
    createRequestListener({
      store() {
        if (!store) throw new Error('the server is not open')
        return store
      },
      faults,
      corsRulesOf: (bucket) => options.buckets.find(({ name }) => name === bucket)?.corsRules ?? [],
      onRequest: (summary) => onRequest?.(summary),
    }),
  )

  async function open(): Promise<ObjectStore> {
    return ObjectStore.open({
      directory: options.directory,
      buckets: options.buckets.map(({ name, versioned = false, eventBridge = true }) => ({
        name,
        isVersioned: versioned,
        sendsEvents: eventBridge,
      })),
      owner: { accountId, region },
      onEvent,
    })
  }

  return {
    async listen(port, listenOptions) {
      store = await open()
      try {
        const bound = await server.listen(port, listenOptions)
        store.startDelivery()
        return bound
      } catch (error) {
        await store.close()
        throw error
      }
    },
    async close() {
      await server.close()
      await store?.close()
    },
    setFault: (fault) => faults.set(fault),
  }
}
