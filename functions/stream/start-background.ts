import { callerOf, type JobsConfiguration, type RestReply } from '@bedrock-functions/runtime/core'
import type { ResponseStore, ResponsesCall } from '@bedrock-functions/runtime/doors'
import type { Call } from '@bedrock-functions/runtime/http'
import { startResponseJob } from '@bedrock-functions/runtime/jobs/respond-async'
import type { StoreLoader } from '@bedrock-functions/runtime/pipeline'

export interface BackgroundOptions {
  readonly modelId: string
  readonly store: ResponseStore
  readonly loadStore: StoreLoader
  readonly jobs: JobsConfiguration
}

/** Starts a job that makes a response, and answers with the response as it is: queued. */
export async function startBackground(
  { request, facts }: Call,
  plan: ResponsesCall,
  { modelId, store, loadStore, jobs }: BackgroundOptions,
): Promise<RestReply> {
  const { body, response } = plan
  const id = await startResponseJob(
    { modelId, body, headers: plan.headers, caller: callerOf(request, jobs) },
    loadStore,
    jobs,
  )
  facts.jobId = id
  const queued = plan.writeStatus('queued')
  await store.saveBackground(queued, plan.writeInput(), {
    ...response,
    jobId: id,
    modelId,
    request: Buffer.from(request.body).toString('base64'),
    headers: pickHeaders(request.headers),
  })
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', ...plan.replyHeaders },
    body: Buffer.from(queued),
  }
}

/** Picks the headers that decide on the form of the answer; never a credential. */
function pickHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { 'openai-beta': beta } = headers
  return beta === undefined ? {} : { 'openai-beta': beta }
}
