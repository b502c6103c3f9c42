import '../core/index.ts'
import type { Bedrock, BedrockReply } from '../bedrock/bedrock-client.ts'
import { BEDROCK_ERROR_STATUS, RestError } from '../core/errors.ts'
import { timeOfJobId } from '../core/job-id.ts'
import { refusalOf } from '../core/object-store.ts'
import { parseS3Folder } from '../core/s3-uri.ts'
import type { JobEnd, JobRequest } from './documents.ts'
import { type FinishDependencies, failedEnd, finishJob } from './finish-job.ts'
import { MANIFEST_FILE } from './layout.ts'

export interface SettleDependencies extends FinishDependencies {
  readonly bedrock: Bedrock
}

/** One invocation that is not answered must not hold up the others. */
const LONGEST_ANSWER_MS = 10_000

/** The members of GetAsyncInvoke's answer that are looked at. */
interface Invocation {
  readonly status?: string
  readonly failureMessage?: string
  readonly endTime?: string
}

/**
 * Asks Bedrock how an invocation stands that it runs itself, and records and announces its end. Bedrock tells nobody.
 *
 * @returns undefined while it is in progress
 * @throws RestError as Bedrock answers
 */
export async function settleBedrockJob(
  request: JobRequest,
  dependencies: SettleDependencies,
  signal: AbortSignal,
): Promise<JobEnd | undefined> {
  const { bedrock } = dependencies
  const path = `/async-invoke/${encodeURIComponent(request.bedrockArn ?? '')}`
  let reply: BedrockReply
  try {
    reply = await bedrock.send(
      { method: 'GET', path, headers: {}, body: new Uint8Array() },
      { signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_ANSWER_MS)]), retry: true },
    )
  } catch (error) {
    const isOld = Date.now() - timeOfJobId(request.id) > dependencies.configuration.maxAgeMs
    const isRefused = error instanceof RestError && error.statusCode < 500 && error.statusCode !== 429
    if (!isOld || !isRefused) throw error
    // Bedrock has forgotten it, or we may not ask any more: nobody will ever hear of another end.
    const { name: type, message, statusCode } = error
    return finishJob(request, failedEnd({ type, message, statusCode, retryable: false }, 1), dependencies)
  }
  const { status, failureMessage = '', endTime }: Invocation = JSON.parse(Buffer.from(reply.body).toString())
  if (status === 'Failed') {
    const type = 'ModelErrorException'
    const failure = { type, message: failureMessage, statusCode: BEDROCK_ERROR_STATUS[type], retryable: false }
    return finishJob(request, { ...failedEnd(failure, 1), ...(endTime !== undefined && { endTime }) }, dependencies)
  }
  if (status !== 'Completed') return undefined
  return finishJob(
    request,
    {
      status,
      endTime: endTime ?? new Date().toISOString(),
      outputs: await listOutputs(request, dependencies),
      attempts: 1,
    },
    dependencies,
  )
}

/** The manifest last, as with our own jobs. None where the bucket is another's and may not be listed. */
async function listOutputs({ output, bedrockArn = '' }: JobRequest, { store }: FinishDependencies): Promise<string[]> {
  const { bucket, key } = parseS3Folder(output.s3Uri)
  const folder = `${key}${bedrockArn.slice(bedrockArn.lastIndexOf('/') + 1)}/`
  const { keys } = await store.list(folder, { bucket }).catch((error: unknown) => {
    if (bucket !== store.bucket && refusalOf(error) !== undefined) return { keys: [] }
    throw error
  })
  const isManifest = (file: string) => file === `${folder}${MANIFEST_FILE}`
  return [...keys.filter((file) => !isManifest(file)), ...keys.filter(isManifest)]
}
