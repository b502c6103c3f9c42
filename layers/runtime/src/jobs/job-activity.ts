import type { ObjectStore } from '../core/object-store.ts'
import { type Activity, type Content, LARGEST_BODY_BYTES } from '../pipeline/activity/activity-content.ts'
import type { JobInput, JobRequest, S3Location } from './documents.ts'
import { outputLocation } from './finish-job.ts'
import type { WorkerOutcome } from './run-job.ts'

const JSON_TYPE = 'application/json'

/** The activity of a job that has ended, its bodies read from where the job has them. */
export async function readJobActivity(
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

/** Looked at before it is read, as outputs may be media of any size; those are named by where they are. */
async function readObject(location: S3Location, versionId: string | undefined, store: ObjectStore): Promise<Content> {
  const head = await store.head(location, versionId)
  const name = `s3://${location.bucket}/${location.key}`
  if (!head || head.size > LARGEST_BODY_BYTES) return { omittedBytes: head?.size ?? 0, location: name }
  const stored = await store.get(location, versionId)
  if (!stored) return { omittedBytes: 0, location: name }
  return { contentType: stored.contentType ?? JSON_TYPE, bytes: stored.body }
}
