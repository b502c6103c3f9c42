import type { Bedrock } from '../bedrock/bedrock-client.ts'
import type { JobsConfiguration } from '../core/configuration.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { EventSender } from './event-sender.ts'
import type { Job } from './read-job.ts'

export interface FollowDependencies {
  readonly bedrock: Bedrock
  readonly configuration: JobsConfiguration
  readonly store: ObjectStore
  /** Loads the EventBridge client. Only jobs that Bedrock runs need it, so a cold start does not load it. */
  readonly loadEvents: () => Promise<EventSender>
}

/** Creates the sender of a bus on first use. */
export function createEventSenderLoader(eventBusName: string): () => Promise<EventSender> {
  let loading: Promise<EventSender> | undefined
  return () => {
    loading ??= import('./event-sender.ts').then(({ createEventSender }) => createEventSender(eventBusName))
    return loading
  }
}

/** Updates a job: an invocation that Bedrock runs may have ended since the last sweep. */
export async function followBedrockJob(job: Job, signal: AbortSignal, dependencies: FollowDependencies): Promise<Job> {
  if (job.end || job.request.kind !== 'bedrock') return job
  const [events, { settleBedrockJob }] = await Promise.all([
    dependencies.loadEvents(),
    import('./settle-bedrock-job.ts'),
  ])
  return { ...job, end: await settleBedrockJob(job.request, { ...dependencies, events }, signal) }
}
