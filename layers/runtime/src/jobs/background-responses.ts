import '../core/index.ts'
import type { RestReply } from '../core/errors.ts'
import type { ObjectStore } from '../core/object-store.ts'
import { loadResponses } from '../doors/index.ts'
import type { FoundBackground, ResponseStore } from '../doors/openai-responses/response-store.ts'
import type { ResponsesCall } from '../doors/openai-responses/responses.ts'
import { applyEdits, setMember } from '../json/edit-json.ts'
import { readJsonObject } from '../json/json-document.ts'
import { cancelJob } from './cancel-job.ts'
import type { JobEnd } from './documents.ts'
import { readJob, readJobFile } from './read-job.ts'

export interface BackgroundJob {
  readonly owner: string
  readonly store: ObjectStore
  readonly responses: ResponseStore
}

/**
 * Ends a response in the background if its job has ended, so that it is read like any other.
 *
 * @returns the response if its job has not ended; undefined otherwise
 */
export async function settleBackground(
  id: string,
  { owner, store, responses }: BackgroundJob,
): Promise<RestReply | undefined> {
  const found = await responses.findBackground(id)
  if (!found) return undefined
  const name = { owner, id: found.background.jobId }
  const job = await readJob(store, name)
  if (job?.end) {
    await responses.endBackground(id, await writeEnd(job.end, found, store), found)
    return undefined
  }
  const hasBegun = (await readJobFile(store, name, 'lease.json')) !== undefined
  return toReply(withStatus(found, hasBegun ? 'in_progress' : 'queued'))
}

/** Cancels a response in the background. It has no effect on one that has ended. */
export async function cancelBackground(id: string, { owner, store, responses }: BackgroundJob): Promise<boolean> {
  const found = await responses.findBackground(id)
  if (!found || !(await cancelJob(store, { owner, id: found.background.jobId }))) return false
  await responses.endBackground(id, (await planAgain(found, store)).writeStatus('cancelled'), found)
  return true
}

async function writeEnd(
  { failure, outputs, contentType = 'application/json' }: JobEnd,
  found: FoundBackground,
  store: ObjectStore,
) {
  const plan = await planAgain(found, store)
  if (failure) return plan.writeStatus('failed', { code: 'server_error', message: failure.message })
  const output = await store.get({ bucket: store.bucket, key: outputs[0] ?? '' })
  if (!output) throw new Error('the output of a job is missing')
  plan.toAnswer({ statusCode: 200, headers: { 'content-type': contentType }, body: output.body })
  return (
    plan.finished?.stored ??
    plan.writeStatus('failed', { code: 'server_error', message: 'The answer could not be read.' })
  )
}

/** Plans the call again as it was planned at its start, for the form of its answer. */
async function planAgain({ background }: FoundBackground, store: ObjectStore): Promise<ResponsesCall> {
  const { modelId, request, headers } = background
  const { door } = await loadResponses(async () => store, true)
  // What the request continues is in the job already.
  const stored = { history: [], references: new Map() }
  const asked = door.read({ headers, query: {}, body: Buffer.from(request, 'base64') }, stored)
  return asked.plan('converse', { modelId }, background)
}

function withStatus({ response }: FoundBackground, status: string): Buffer {
  const { root, bytes } = readJsonObject(Buffer.from(response))
  return applyEdits(bytes, setMember(root, 'status', JSON.stringify(status)))
}

function toReply(body: Uint8Array): RestReply {
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body }
}
