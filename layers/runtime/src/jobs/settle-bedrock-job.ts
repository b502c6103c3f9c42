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

/** Longest wait for one invocation, so that it does not delay the others. */
const MAX_WAIT_MS = 10_000

/** Members of GetAsyncInvoke's answer that the sweep uses. */
interface Invocation {
  readonly status?: string
  readonly failureMessage?: string
  readonly endTime?: string
}

/**
 * Asks Bedrock for the status of an invocation that it runs, and records and announces its end. Bedrock sends no event itself.
 *
 * @returns undefined while the invocation is in progress
 * @throws RestError if Bedrock refuses the request
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
      { signal: AbortSignal.any([signal, AbortSignal.timeout(MAX_WAIT_MS)]), retry: true },
    )
  } catch (error) {
    const isOld = Date.now() - timeOfJobId(request.id) > dependencies.configuration.maxAgeMs
    const isRefused = error instanceof RestError && error.statusCode < 500 && error.statusCode !== 429
    if (!isOld || !isRefused) throw error
    // Bedrock no longer has the invocation, or permission is missing. No other end will ever be known.
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

/** Lists the outputs, the manifest last, as for our own jobs. Returns none for another bucket that may not be listed. */
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
