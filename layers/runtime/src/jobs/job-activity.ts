import type { Defer } from '../core/model-call.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { S3Location } from '../core/s3-uri.ts'
import type { StoreLoader } from '../core/store-loader.ts'
import { type Activity, type Content, MAX_BODY_BYTES } from '../pipeline/activity/activity.ts'
import { activityKey, isRecorded, storeActivity } from '../pipeline/activity/activity-log.ts'
import type { StorageMode } from '../pipeline/storage-options.ts'
import type { JobInput, JobRequest } from './documents.ts'
import { outputLocation } from './finish-job.ts'
import type { WorkerOutcome } from './run-job.ts'

const JSON_TYPE = 'application/json'

export interface JobActivityOptions {
  readonly mode: StorageMode
  readonly loadStore: StoreLoader
  readonly defer: Defer
}

/** Records a job that the worker has ended in the activity log. A repetition writes the same object. */
export function recordJobActivity(outcome: WorkerOutcome, { mode, loadStore, defer }: JobActivityOptions): void {
  const { request } = outcome
  if (!request || request.kind === 'bedrock' || outcome.outcome === 'released') return
  if (!isRecorded(request.activity, mode)) return
  const { id, owner, submitTime } = request
  const key = activityKey(owner, id, new Date(submitTime))
  defer('ActivityLog', async () => {
    await storeActivity(key, await readJobActivity(request, outcome, await loadStore()), loadStore)
  })
}

/** Reads the input and output of a job that has ended. */
async function readJobActivity(
  request: JobRequest,
  { failure, attempts, usage }: WorkerOutcome,
  store: ObjectStore,
): Promise<Activity> {
  const { id, caller, kind, modelId, submitTime } = request
  const [input, output] = await Promise.all([
    readInput(request.input, store),
    failure ? undefined : readObject(outputLocation(request), undefined, store),
  ])
  return {
    operation: 'StartAsyncInvoke',
    head: {
      id,
      time: submitTime,
      caller,
      operation: 'StartAsyncInvoke',
      kind,
      modelId,
      statusCode: failure?.statusCode ?? 200,
      ...(failure && { error: { type: failure.type, message: failure.message } }),
      facts: { attempts, ...usage },
    },
    request: input,
    response: output,
  }
}

async function readInput(input: JobInput | undefined, store: ObjectStore): Promise<Content> {
  if (!input) return { omittedBytes: 0 }
  if ('text' in input) return { contentType: JSON_TYPE, bytes: Buffer.from(input.text) }
  return readObject(input.object, input.versionId, store)
}

/** Reads an object, or gives its location if it is large. Outputs may be media of any size. */
async function readObject(location: S3Location, versionId: string | undefined, store: ObjectStore): Promise<Content> {
  const head = await store.head(location, versionId)
  const name = `s3://${location.bucket}/${location.key}`
  if (!head || head.size > MAX_BODY_BYTES) return { omittedBytes: head?.size ?? 0, location: name }
  const stored = await store.get(location, versionId)
  if (!stored) return { omittedBytes: 0, location: name }
  return { contentType: stored.contentType ?? JSON_TYPE, bytes: stored.body }
}
