import { createHash } from 'node:crypto'
import { BedrockError, type Facts, MAX_KEY_BYTES, RestError } from '@bedrock-functions/runtime/core'
import { logger, recordCall } from '@bedrock-functions/runtime/core/logging'
import { deliverError, type EventSender, type OutboxTarget, PREFIXES } from '@bedrock-functions/runtime/jobs/start'
import { assertExactMembers } from '@bedrock-functions/runtime/json'
import type { Context } from 'aws-lambda'
import { MAX_INPUT_BYTES } from '../read-input.ts'
import type { StartDependencies } from '../routes.ts'
import { startInvocation } from '../start-invocation.ts'
import { readStartRequest, TEXT_MEMBERS } from '../start-request.ts'
import { readDrop } from './read-drop.ts'
import { readMediaDrop } from './read-media-drop.ts'
import type { DroppedObject, RequestedInference, Trigger } from './read-triggers.ts'
import { isDroppedBatch, startDroppedBatch } from './start-dropped-batch.ts'

export interface TriggerDependencies extends StartDependencies {
  /** Loads the sender of events, which only refused events need. */
  readonly loadEvents: () => Promise<EventSender>
}

/**
 * Starts a job for each trigger. The sender learns of a refusal by an error document under outbox/, or by an event
 * "Inference Job State Change".
 *
 * @throws if S3, EventBridge or Bedrock fails. Lambda then retries, and the token prevents a second job.
 */
export async function runTriggers(
  triggers: readonly Trigger[],
  context: Context,
  dependencies: TriggerDependencies,
): Promise<void> {
  logger.addContext(context)
  for (const trigger of triggers) await runTrigger(trigger, context, dependencies)
}

async function runTrigger(trigger: Trigger, context: Context, dependencies: TriggerDependencies): Promise<void> {
  const started = performance.now()
  const facts: Facts = {}
  const signal = AbortSignal.timeout(Math.max(1, context.getRemainingTimeInMillis() - 2000))
  let refused: RestError | undefined
  try {
    if (trigger.type === 'object') await startDropped(trigger, { facts, signal }, dependencies)
    else await startRequested(trigger, { facts, signal }, dependencies)
  } catch (error) {
    if (!isRefusal(error)) throw error
    refused = error
    await reportRefusal(trigger, error, dependencies)
  }
  recordCall({
    operation: trigger.type === 'object' ? 'StartFromInbox' : 'StartFromEvent',
    statusCode: refused?.statusCode ?? 200,
    durationMs: performance.now() - started,
    facts,
    ...(refused && { errorType: refused.name }),
  })
}

interface Progress {
  readonly facts: Facts
  readonly signal: AbortSignal
}

async function startDropped(object: DroppedObject, progress: Progress, dependencies: TriggerDependencies) {
  const { jobs, store } = dependencies
  const { bucket, key, versionId, size } = object
  // The S3 console creates a folder as an empty object. An operator's own rule may send objects of other prefixes.
  const isDrop = bucket === store.bucket && key.startsWith(PREFIXES.inbox) && !(key.endsWith('/') && size === 0)
  if (!isDrop) return
  if (isDroppedBatch(object)) {
    const token = hashText(`${key}\n${versionId ?? object.sequencer}`)
    return startDroppedBatch(object, token, progress.facts, dependencies)
  }
  if (size === 0) throw new BedrockError('ValidationException', 'The object is empty.')
  if (size > MAX_INPUT_BYTES) {
    throw new BedrockError(
      'ValidationException',
      `The object has ${size} bytes: an object under inbox/ has at most ${MAX_INPUT_BYTES}. Upload a larger medium (POST /uploads) and name it as s3Location to a model that reads S3, such as Amazon Nova.`,
    )
  }
  const stored = await store.get({ bucket, key }, versionId)
  // Deleted since: nobody waits for an answer.
  if (!stored) return
  const { id } = await startInvocation(
    {
      request: readStartRequest(readMediaDrop(stored, jobs) ?? readDrop(key, stored, jobs), 'the object'),
      clientRequestToken: hashText(`${key}\n${versionId ?? stored.etag}`),
      headers: {},
      caller: jobs.eventCaller,
      outbox: outboxTarget(object),
      ...progress,
    },
    dependencies,
  )
  progress.facts.jobId = id
}

async function startRequested(
  { eventId, detail }: RequestedInference,
  progress: Progress,
  dependencies: TriggerDependencies,
) {
  assertExactMembers(detail, TEXT_MEMBERS)
  const request = readStartRequest(Buffer.from(JSON.stringify(detail)), 'the detail')
  const { id } = await startInvocation(
    {
      request,
      // The bus may deliver an event more than once. The sender's token stays the same across several events.
      clientRequestToken: request.clientRequestToken ?? eventId,
      headers: {},
      caller: dependencies.jobs.eventCaller,
      ...progress,
    },
    dependencies,
  )
  progress.facts.jobId = id
}

/** Tests whether a retry would fail in the same way. Throttling and server errors may pass before Lambda retries. */
function isRefusal(error: unknown): error is RestError {
  return error instanceof RestError && error.statusCode < 500 && error.statusCode !== 429
}

async function reportRefusal(trigger: Trigger, { name, message }: RestError, dependencies: TriggerDependencies) {
  const { store, loadEvents, jobs } = dependencies
  if (trigger.type === 'object') return deliverError(store, outboxTarget(trigger), { type: name, message })
  const { modelId, clientRequestToken } = trigger.detail
  const events = await loadEvents()
  await events.send([
    {
      detailType: 'Inference Job State Change',
      resources: [],
      detail: {
        version: '0.0',
        eventId: `${trigger.eventId}-Failed`,
        accountId: jobs.arnPrefix.split(':')[4],
        bucket: jobs.bucket,
        requestEventId: trigger.eventId,
        ...(typeof modelId === 'string' && { modelId }),
        ...(typeof clientRequestToken === 'string' && { clientRequestToken }),
        status: 'Failed',
        failureType: name,
        failureMessage: message,
        retryable: false,
      },
    },
  ])
}

/**
 * Names the object for the answer: `outbox/a.txt.json` for `inbox/a.txt`, `outbox/a.json` for `inbox/a.json`. A name that
 * would become too long is replaced by its SHA-256.
 */
function outboxTarget({ key, versionId, sequencer }: DroppedObject): OutboxTarget {
  const name = key.slice(PREFIXES.inbox.length)
  const answer = `${PREFIXES.outbox}${name}${name.endsWith('.json') ? '' : '.json'}`
  return {
    inboxKey: key,
    ...(versionId !== undefined && { inboxVersionId: versionId }),
    key: Buffer.byteLength(answer) <= MAX_KEY_BYTES ? answer : `${PREFIXES.outbox}${hashText(name)}.json`,
    sequencer,
  }
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
