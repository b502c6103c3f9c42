import { createHash } from 'node:crypto'
import { BedrockError, type Facts, RestError } from '@bedrock-functions/runtime/core'
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

export interface TriggerDependencies extends StartDependencies {
  /** Refused events alone need it. */
  readonly loadEvents: () => Promise<EventSender>
}

/**
 * Starts a job for each trigger. A refusal is written where the sender looks: as an error document under outbox/, or as an
 * "Inference Job State Change".
 *
 * @throws where S3, EventBridge or Bedrock fails: Lambda calls again, and the token makes that harmless
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
  // The S3 console makes a folder as an empty object. An operator's own rule may send objects of other prefixes.
  const isDrop = bucket === store.bucket && key.startsWith(PREFIXES.inbox) && !(key.endsWith('/') && size === 0)
  if (!isDrop) return
  if (size === 0) throw new BedrockError('ValidationException', 'The object is empty.')
  if (size > MAX_INPUT_BYTES) {
    throw new BedrockError(
      'ValidationException',
      `The object has ${size} bytes: an object under inbox/ has at most ${MAX_INPUT_BYTES}. Upload a larger medium (POST /uploads) and name it as s3Location to a model that reads S3, such as Amazon Nova.`,
    )
  }
  const stored = await store.get({ bucket, key }, versionId)
  // Deleted in the meantime: nobody waits for an answer.
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
      // The bus delivers an event more than once; the sender's own token holds over several events.
      clientRequestToken: request.clientRequestToken ?? eventId,
      headers: {},
      caller: dependencies.jobs.eventCaller,
      ...progress,
    },
    dependencies,
  )
  progress.facts.jobId = id
}

/** A refusal is the same each time; throttling and faults may pass before Lambda calls again. */
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

/** S3's limit for a key, in bytes of UTF-8. */
const LONGEST_KEY = 1024

/**
 * `inbox/a.txt` is answered by `outbox/a.txt.json`, `inbox/a.json` by `outbox/a.json`; a name that would become too long by
 * `outbox/<SHA-256 of it>.json`.
 */
function outboxTarget({ key, versionId, sequencer }: DroppedObject): OutboxTarget {
  const name = key.slice(PREFIXES.inbox.length)
  const answer = `${PREFIXES.outbox}${name}${name.endsWith('.json') ? '' : '.json'}`
  return {
    inboxKey: key,
    ...(versionId !== undefined && { inboxVersionId: versionId }),
    key: Buffer.byteLength(answer) <= LONGEST_KEY ? answer : `${PREFIXES.outbox}${hashText(name)}.json`,
    sequencer,
  }
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
