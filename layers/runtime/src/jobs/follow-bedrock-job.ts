import type { Bedrock } from '../bedrock/bedrock-client.ts'
import type { JobsConfiguration } from '../core/configuration.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { EventSender } from './event-sender.ts'
import type { Job } from './read-job.ts'

export interface FollowDependencies {
  readonly bedrock: Bedrock
  readonly configuration: JobsConfiguration
  readonly store: ObjectStore
}

let events: EventSender | undefined

/** A job as it stands now: an invocation that Bedrock runs may have ended since the sweep last asked. */
export async function followBedrockJob(job: Job, signal: AbortSignal, dependencies: FollowDependencies): Promise<Job> {
  if (job.end || job.request.kind !== 'bedrock') return job
  // Loaded by these jobs only: all others would pay for the EventBridge client at their cold start.
  const { createEventSender, settleBedrockJob } = await import('./worker.ts')
  events ??= createEventSender(dependencies.configuration.eventBusName)
  return { ...job, end: await settleBedrockJob(job.request, { ...dependencies, events }, signal) }
}
