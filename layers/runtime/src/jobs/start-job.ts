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

/** Bytes up to which an input stands inside the request: a worker then reads one object less. */
const INLINE_INPUT_BYTES = 8 * 1024

/** A checked and admitted order of a job. */
export interface JobOrder {
  /** Identity of the caller, who owns the job. */
  readonly caller: string
  readonly kind: JobKind
  readonly modelId: string
  /** The body for the model: its text, or an object that holds it. */
  readonly input: Uint8Array | Exclude<JobInput, { text: string }>
  readonly headers?: Readonly<Record<string, string>>
  /** The request's wish to be in the activity log or not. */
  readonly activity?: 'on' | 'off' | undefined
  /** Undefined: the stack's bucket. */
  readonly output?: OutputLocation
  readonly clientRequestToken?: string
  readonly outbox?: OutboxTarget
  /** A hash of all that makes two requests the same one. */
  readonly requestHash: string
  /** Starts the invocation at Bedrock and gives its ARN; for the kind `bedrock`. */
  readonly startAtBedrock?: (clientRequestToken: string, output: OutputLocation) => Promise<string>
}

export interface StartDependencies {
  readonly store: ObjectStore
  readonly configuration: JobsConfiguration
}

export interface StartedJob {
  readonly id: string
  readonly invocationArn: string
}

/**
 * Accepts a job: once this resolves, the job is kept and will end. The same token with the same request gives the same
 * job, whoever of several concurrent calls comes first.
 *
 * The order of the writes is what makes a crash harmless (docs/jobs.md): token, place in the sweep's list, input, and at
 * last the request, which is the acceptance and calls the worker.
 *
 * @throws BedrockError ConflictException for a token that stands for another request; RestError as Bedrock refuses it
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
  // Without a token it is what claims the id.
  if (clientRequestToken !== undefined) await store.put(at(store, openKey(name)), '')
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
  if (await store.putNew(at(store, jobKey(name, 'request.json')), JSON.stringify(request))) return done(request)
  const accepted = await readJobFile<JobRequest>(store, name, 'request.json')
  const isSame =
    accepted?.document.requestHash === requestHash && accepted.document.clientRequestToken === clientRequestToken
  if (accepted && isSame) return done(accepted.document)
  // One chance in 1.7 million for two requests of one caller in one millisecond; the next try gets another id.
  if (clientRequestToken !== undefined) await store.delete(at(store, tokenKey(owner, clientRequestToken)))
  throw new BedrockError('InternalServerException', 'The job could not be given an id of its own; try again.')
}

interface Claim {
  readonly id: string
  /** The job that the token stands for already. */
  readonly accepted?: JobRequest
}

/**
 * How long a token's id may be used for a job, in milliseconds: longer than any function that starts one can run, so that
 * whoever claimed it is gone; and so much shorter than the sweep's patience that no job is accepted under an id which the
 * sweep takes for abandoned, and off its list.
 */
const CLAIM_MS = 6 * 60_000

/** Claims a new id, or returns the id that the token has already. */
async function claimId(
  { caller, clientRequestToken }: JobOrder,
  requestHash: string,
  store: ObjectStore,
): Promise<Claim> {
  const now = Date.now()
  const owner = ownerOf(caller)
  let id = createJobId(now)
  if (clientRequestToken === undefined) {
    // One chance in 1.7 million for two requests of one caller in one millisecond.
    while (!(await store.putNew(at(store, openKey({ owner, id })), ''))) id = createJobId(now)
    return { id }
  }
  const key = tokenKey(owner, clientRequestToken)
  const body = JSON.stringify({ id, requestHash })
  if (await store.putNew(at(store, key), body)) return { id }
  while (true) {
    const claimed = await readDocument<{ id: string; requestHash: string }>(store, key)
    if (!claimed) {
      throw new BedrockError('InternalServerException', 'The clientRequestToken was given up meanwhile; try again.')
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
    // That start was abandoned long ago. Of several that see it one gives the token a new id, and all use that.
    await store.replace(at(store, key), claimed.etag, body)
  }
}

async function keepInput(input: JobOrder['input'], store: ObjectStore, key: string): Promise<JobInput> {
  if (!(input instanceof Uint8Array)) return input
  // An input that is no text is kept as it is, for Bedrock to refuse.
  if (input.length <= INLINE_INPUT_BYTES && isUtf8(input)) return { text: Buffer.from(input).toString() }
  await store.put(at(store, key), input)
  return { object: at(store, key) }
}

/**
 * Bedrock's invocation is started before the job is accepted, so that what Bedrock refuses is refused here and leaves
 * nothing. A crash in between accepts nothing; the caller's next try with its token finds the same invocation, since our id
 * is its token.
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
    await store.put(at(store, bedrockKey(owner, arn.slice(arn.lastIndexOf('/') + 1))), JSON.stringify({ id }))
    return arn
  } catch (error) {
    const isRefused = error instanceof RestError && error.statusCode < 500 && error.statusCode !== 429
    // A conflict means a concurrent start with the same token: the claim belongs to that one.
    const isOurs = isRefused && error.name !== 'ConflictException'
    const claim = clientRequestToken === undefined ? openKey({ owner, id }) : tokenKey(owner, clientRequestToken)
    if (isOurs) await store.delete(at(store, claim))
    throw error
  }
}

function at({ bucket }: ObjectStore, key: string) {
  return { bucket, key }
}

/** The headers of a request that its job keeps: Bedrock's own, such as a guardrail's, without the answer's media type. */
export function headersOfJob(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => (isBedrockHeader(name) && name !== 'accept') || name === AUTO_CACHE_HEADER,
    ),
  )
}
