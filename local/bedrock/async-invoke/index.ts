import { BedrockError } from '@bedrock-functions/runtime/core'
import { exampleError } from '../directives/error-examples.ts'
import { outputBucketRefused, storageMissing, storageUnreachable, validationError } from '../messages.ts'
import type { JsonObject } from '../shapes/json.ts'
import { listSubmissions, type SubmissionPage, type SubmissionQuery } from '../submissions/list-submissions.ts'
import { newArn } from '../submissions/new-arn.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Invocation, InvocationStatus, Work } from './invocation.ts'
import { InvocationStore } from './invocation-store.ts'
import { createObjectAccess, type ObjectAccess, ObjectRefusedError } from './object-access.ts'
import { createInvocationRunner, type InvocationRunner } from './run-invocations.ts'
import { parseS3Uri } from './s3-location.ts'

/** A checked request of StartAsyncInvoke. */
export interface StartRequest {
  readonly clientRequestToken?: string
  readonly requestHash: string
  readonly outputDataConfig: JsonObject
  readonly s3Uri: string
  readonly work: Omit<Work, 'dueTime'>
  /** Milliseconds until the end, instead of the default. */
  readonly duration?: number
}

/** Asynchronous invocations. */
export interface AsyncInvocations {
  /** Finds the invocation that this request started before. ConflictException when another request had the token. */
  findRepeated(request: Pick<StartRequest, 'clientRequestToken' | 'requestHash'>): Invocation | undefined
  /**
   * Starts an invocation, or finds the one that the same request and token started meanwhile. ValidationException when
   * the output location is not usable, ServiceUnavailableException when S3 does not answer.
   */
  start(request: StartRequest): Promise<Invocation>
  find(invocationArn: string): Invocation | undefined
  list(query: SubmissionQuery<InvocationStatus>): SubmissionPage<Invocation>
  /** Continues the invocations of earlier runs; without S3 they stay in progress. */
  open(): Promise<void>
  close(): Promise<void>
}

export interface AsyncInvocationsOptions {
  /** Directory that keeps invocations across restarts, for one process at a time; in memory without. */
  readonly directory?: string | undefined
  /** S3 for outputs and inputs; required for every start. */
  readonly s3Endpoint?: string | undefined
  readonly accountId: string
  readonly region: string
  /** Time of an invocation in progress. */
  readonly invocationMs: number
  /** Credentials for `s3Endpoint`: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock | undefined
}

export function createAsyncInvocations(options: AsyncInvocationsOptions): AsyncInvocations {
  const { s3Endpoint, accountId, region, clock = systemClock } = options
  let opened: Opened | undefined

  function opening(): Opened {
    if (!opened) throw new Error('the server is not open')
    return opened
  }

  function findRepeated({ clientRequestToken, requestHash }: Pick<StartRequest, 'clientRequestToken' | 'requestHash'>) {
    const { store } = opening()
    const repeated = clientRequestToken === undefined ? undefined : store.findByToken(clientRequestToken)
    if (repeated && repeated.requestHash !== requestHash) throw exampleError('ConflictException', '')
    return repeated
  }

  return {
    findRepeated,
    async start(request) {
      const { store, runner, objects } = opening()
      const { clientRequestToken, requestHash, outputDataConfig, work } = request
      if (!objects) throw validationError(storageMissing)
      await requireOutputBucket(request.s3Uri, objects)
      // No await from here to the store: of simultaneous requests with one token only the first starts an invocation.
      const repeated = findRepeated(request)
      if (repeated) return repeated
      const now = clock.now()
      const invocation = store.add(
        {
          invocationArn: newArn(`arn:aws:bedrock:${region}:${accountId}:async-invoke/`, store),
          modelArn: `arn:aws:bedrock:${region}::foundation-model/${work.modelId}`,
          ...(clientRequestToken !== undefined && { clientRequestToken }),
          requestHash,
          outputDataConfig,
          work: { ...work, dueTime: now + (request.duration ?? options.invocationMs) },
        },
        now,
      )
      runner?.schedule(invocation)
      return invocation
    },
    find: (invocationArn) => opening().store.find(invocationArn),
    list: (query) => listSubmissions(opening().store.all, query),
    async open() {
      const store = await InvocationStore.open(options.directory)
      const { environment } = options
      const objects = s3Endpoint ? createObjectAccess({ endpoint: s3Endpoint, region, environment }) : undefined
      const runner = objects && createInvocationRunner({ store, objects, clock })
      opened = { store, runner, objects }
      for (const invocation of store.all) runner?.schedule(invocation)
    },
    async close() {
      const closing = opened
      // Close S3 first, so that a start that waits for it adds nothing to a closed store.
      opened = undefined
      await closing?.runner?.stop()
      await closing?.store.close()
    },
  }
}

interface Opened {
  readonly store: InvocationStore
  readonly runner: InvocationRunner | undefined
  readonly objects: ObjectAccess | undefined
}

/** Refuses a missing bucket at once. It is not documented whether Bedrock does so or fails later. */
async function requireOutputBucket(s3Uri: string, objects: ObjectAccess): Promise<void> {
  try {
    await objects.requireBucket(parseS3Uri(s3Uri).bucket)
  } catch (cause) {
    if (cause instanceof ObjectRefusedError) throw validationError(outputBucketRefused(s3Uri, cause.isMissing))
    throw new BedrockError('ServiceUnavailableException', storageUnreachable, { cause })
  }
}
