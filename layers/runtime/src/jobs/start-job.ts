import { isBedrockHeader } from '../bedrock/to-bedrock-request.ts'
import { AUTO_CACHE_HEADER } from '../pipeline/content/content-options.ts'
import '../core/index.ts'
import { isUtf8 } from 'node:buffer'
import type { JobsConfiguration } from '../core/configuration.ts'
import { BedrockError, RestError } from '../core/errors.ts'
import { ownerOf } from '../core/identity.ts'
import { createJobId, timeOfJobId } from '../core/job-id.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { JobInput, JobKind, JobRequest, OutboxTarget, OutputLocation } from './documents.ts'
import { bedrockKey, jobKey, openKey, PREFIXES, tokenKey } from './layout.ts'
import { arnOf, readDocument, readJobFile } from './read-job.ts'

/** Limit of an input that is stored inside the request, so that the worker reads one object less. */
const MAX_INLINE_INPUT_BYTES = 8 * 1024

/** Job to start, which is checked and allowed. */
export interface JobOrder {
  /** Identity of the caller, who owns the job. */
  readonly caller: string
  readonly kind: JobKind
  readonly modelId: string
  /** Body for the model: its bytes, or the object that holds it. */
  readonly input: Uint8Array | Exclude<JobInput, { text: string }>
  readonly headers?: Readonly<Record<string, string>>
  /** Choice of the request about its record in the activity log. */
  readonly activity?: 'on' | 'off' | undefined
  /** Output location; undefined for the stack's bucket. */
  readonly output?: OutputLocation
  readonly clientRequestToken?: string
  readonly outbox?: OutboxTarget
  /** Hash that is equal for equal requests. */
  readonly requestHash: string
  /** Starts the invocation at Bedrock and returns its ARN; for the kind `bedrock`. */
  readonly startAtBedrock?: (clientRequestToken: string, output: OutputLocation) => Promise<string>
}

export interface StartDependencies {
  readonly store: ObjectStore
  readonly configuration: Pick<JobsConfiguration, 'arnPrefix'>
}

export interface StartedJob {
  readonly id: string
  readonly invocationArn: string
}

/**
 * Accepts a job. When it resolves, the job is stored and will end. The same token with the same request gives the same job,
 * also for concurrent calls.
 *
 * The order of writes makes a crash harmless (docs/jobs.md): the token, the entry in the sweep's list, the input, and last the
 * request, which accepts the job and calls the worker.
 *
 * @throws BedrockError ConflictException for a token of another request; RestError if Bedrock refuses the request
 */
export async function startJob(order: JobOrder, { store, configuration }: StartDependencies): Promise<StartedJob> {
  const { caller, kind, modelId, headers, clientRequestToken, outbox, requestHash } = order
  const owner = ownerOf(caller)
  const { id, accepted: earlier } = await claimId(order, requestHash, store)
  const name = { owner, id }
  const done = (request: Pick<JobRequest, 'id' | 'bedrockArn'>): StartedJob => ({
    id,
    invocationArn: arnOf(request, configuration.arnPrefix),
  })
  if (earlier) return done(earlier)
  const output = order.output ?? { s3Uri: `s3://${store.bucket}/${PREFIXES.output}${owner}` }
  const bedrockArn = await startAtBedrock(order, id, output, store)
  // Without a token, claimId has already written this entry.
  if (clientRequestToken !== undefined) await store.put(locationOf(store, openKey(name)), '')
  const request: JobRequest = {
    id,
    owner,
    caller,
    kind,
    modelId,
    ...(bedrockArn === undefined && { input: await keepInput(order.input, store, jobKey(name, 'input')) }),
    ...(headers && { headers }),
    ...(order.activity !== undefined && { activity: order.activity }),
    output,
    ...(clientRequestToken !== undefined && { clientRequestToken }),
    requestHash,
    submitTime: new Date(timeOfJobId(id)).toISOString(),
    ...(outbox && { outbox }),
    ...(bedrockArn !== undefined && { bedrockArn }),
  }
  if (await store.putNew(locationOf(store, jobKey(name, 'request.json')), JSON.stringify(request))) return done(request)
  const accepted = await readJobFile<JobRequest>(store, name, 'request.json')
  const isSame =
    accepted?.document.requestHash === requestHash && accepted.document.clientRequestToken === clientRequestToken
  if (accepted && isSame) return done(accepted.document)
  // Two requests of one caller in the same millisecond got the same id, a chance of 1 in 1.7 million. The next try gets another.
  if (clientRequestToken !== undefined) await store.delete(locationOf(store, tokenKey(owner, clientRequestToken)))
  throw new BedrockError('InternalServerException', 'The id of the job is already in use. Try again.')
}

interface Claim {
  readonly id: string
  /** Accepted job of the token, if any. */
  readonly accepted?: JobRequest
}

/**
 * Time for which a token's id may be used to start a job. It is longer than any function that starts jobs can run, so that the
 * function that claimed it has ended. It is much shorter than the time after which the sweep drops an abandoned id, so that no
 * job is accepted under a dropped id.
 */
const CLAIM_MS = 6 * 60_000

/** Claims a new id, or returns the id that the token already has. */
async function claimId(
  { caller, clientRequestToken }: JobOrder,
  requestHash: string,
  store: ObjectStore,
): Promise<Claim> {
  const now = Date.now()
  const owner = ownerOf(caller)
  let id = createJobId(now)
  if (clientRequestToken === undefined) {
    // The id is taken with a chance of 1 in 1.7 million for two requests of one caller in the same millisecond.
    while (!(await store.putNew(locationOf(store, openKey({ owner, id })), ''))) id = createJobId(now)
    return { id }
  }
  const key = tokenKey(owner, clientRequestToken)
  const body = JSON.stringify({ id, requestHash })
  if (await store.putNew(locationOf(store, key), body)) return { id }
  while (true) {
    const claimed = await readDocument<{ id: string; requestHash: string }>(store, key)
    if (!claimed) {
      throw new BedrockError('InternalServerException', 'The clientRequestToken has just been released. Try again.')
    }
    if (claimed.document.requestHash !== requestHash) {
      throw new BedrockError(
        'ConflictException',
        'clientRequestToken was used before, with another request: a token stands for one request.',
      )
    }
    const accepted = await readJobFile<JobRequest>(store, { owner, id: claimed.document.id }, 'request.json')
    if (accepted) return { id: claimed.document.id, accepted: accepted.document }
    if (now - timeOfJobId(claimed.document.id) < CLAIM_MS) return { id: claimed.document.id }
    // The earlier start was abandoned. One of the concurrent calls gives the token a new id, and all calls use it.
    await store.replace(locationOf(store, key), claimed.etag, body)
  }
}

async function keepInput(input: JobOrder['input'], store: ObjectStore, key: string): Promise<JobInput> {
  if (!(input instanceof Uint8Array)) return input
  // An input that is not UTF-8 is stored unchanged, and Bedrock refuses it.
  if (input.length <= MAX_INLINE_INPUT_BYTES && isUtf8(input)) return { text: Buffer.from(input).toString() }
  await store.put(locationOf(store, key), input)
  return { object: locationOf(store, key) }
}

/**
 * Starts Bedrock's invocation before the job is accepted, so that a refusal leaves no job. After a crash in between no job is
 * accepted, and the caller's next try with its token gets the same invocation, since our id is the token for Bedrock.
 */
async function startAtBedrock(
  { caller, startAtBedrock, clientRequestToken }: JobOrder,
  id: string,
  output: OutputLocation,
  store: ObjectStore,
): Promise<string | undefined> {
  if (!startAtBedrock) return undefined
  const owner = ownerOf(caller)
  try {
    const arn = await startAtBedrock(id, output)
    await store.put(locationOf(store, bedrockKey(owner, arn.slice(arn.lastIndexOf('/') + 1))), JSON.stringify({ id }))
    return arn
  } catch (error) {
    const isRefused = error instanceof RestError && error.statusCode < 500 && error.statusCode !== 429
    // A conflict means a concurrent start with the same token, which owns the claim.
    const isOurs = isRefused && error.name !== 'ConflictException'
    const claim = clientRequestToken === undefined ? openKey({ owner, id }) : tokenKey(owner, clientRequestToken)
    if (isOurs) await store.delete(locationOf(store, claim))
    throw error
  }
}

function locationOf({ bucket }: ObjectStore, key: string) {
  return { bucket, key }
}

/** Picks the headers of a request for its job: Bedrock's own, such as a guardrail's, without the answer's media type. */
export function headersOfJob(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => (isBedrockHeader(name) && name !== 'accept') || name === AUTO_CACHE_HEADER,
    ),
  )
}
