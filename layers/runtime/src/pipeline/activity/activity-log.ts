import type { StreamProgress } from '../../bedrock/read-usage.ts'
import { BedrockError, RestError, type RestReply } from '../../core/errors.ts'
import { ANONYMOUS, ownerOf } from '../../core/identity.ts'
import { createJobId } from '../../core/job-id.ts'
import type { Defer, Facts, ModelCall, StreamEnd } from '../../core/model-call.ts'
import type { StoreLoader } from '../../core/store-loader.ts'
import type { StorageMode } from '../storage-options.ts'
import { type Activity, type Content, MAX_BODY_BYTES } from './activity.ts'
import { type FollowedFrames, followFrames } from './follow-frames.ts'

/** Header with `on` or `off` in requests, and with the key of the record in answers. */
export const ACTIVITY_HEADER = 'x-bedrock-functions-activity'

/** Prefix of records in the stack's bucket. The template's lifecycle rules use it, too. */
export const ACTIVITY_PREFIX = 'activity/'

/** Limit of recorded events of a stream, in bytes, for the function's memory. */
const MAX_STREAM_BYTES = 4 * 1024 * 1024

/** Record of a call in progress. Call one of `answered`, `failed` and `ended` once. */
export interface ActivityRecord {
  /** Headers for the answer. */
  readonly headers: Readonly<Record<string, string>>
  /** Returns a progress that also records the events. */
  follow(progress: StreamProgress): StreamProgress
  answered(reply: RestReply): void
  failed(error: unknown): void
  ended(end: StreamEnd): void
}

/** Log of prompts and completions: objects `activity/<owner>/<yyyy>/<mm>/<dd>/<id>.json.gz` in the stack's bucket. */
export interface ActivityLog {
  /**
   * Begins to record a call as the caller sent it. The object is written after the answer.
   *
   * @param facts facts of the call, read when it has ended; the record's id is added
   * @returns undefined for a call that is not recorded
   * @throws BedrockError ValidationException for a malformed header
   */
  begin(call: ModelCall, facts: Facts, defer: Defer): ActivityRecord | undefined
}

export interface ActivityLogOptions {
  readonly mode: StorageMode
  readonly loadStore: StoreLoader
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export function createActivityLog({ mode, loadStore, now = Date.now }: ActivityLogOptions): ActivityLog {
  return {
    begin(call, facts, defer) {
      if (!isRecorded(readActivityChoice(call.headers[ACTIVITY_HEADER]), mode)) return undefined
      return beginRecord(call, facts, now, (key, activity) =>
        defer('ActivityLog', () => storeActivity(key, activity, loadStore)),
      )
    },
  }
}

export async function storeActivity(key: string, activity: Activity, loadStore: StoreLoader): Promise<void> {
  const [store, { writeActivity }] = await Promise.all([loadStore(), import('./activity-document.ts')])
  await store.put({ bucket: store.bucket, key }, await writeActivity(activity), { contentType: 'application/gzip' })
}

/** Choice of a request about its record; undefined if it makes none. */
export type ActivityChoice = 'on' | 'off' | undefined

/**
 * Reads the header that chooses whether a call is recorded.
 *
 * @throws BedrockError ValidationException for another value than `on` and `off`
 */
export function readActivityChoice(value: string | undefined): ActivityChoice {
  const word = value?.trim().toLowerCase()
  if (word === undefined || word === 'on' || word === 'off') return word
  throw new BedrockError('ValidationException', `${ACTIVITY_HEADER} is "${word.slice(0, 50)}": it must be on or off.`)
}

export function isRecorded(choice: ActivityChoice, mode: StorageMode): boolean {
  return mode === 'ALL' ? choice !== 'off' : mode === 'REQUEST' && choice === 'on'
}

export function activityKey(owner: string, id: string, time: Date): string {
  return `${ACTIVITY_PREFIX}${owner}/${time.toISOString().slice(0, 10).replaceAll('-', '/')}/${id}.json.gz`
}

function beginRecord(
  call: ModelCall,
  facts: Facts,
  now: () => number,
  write: (key: string, activity: Activity) => void,
): ActivityRecord {
  const { operation, headers, body, caller = ANONYMOUS } = call
  const started = now()
  const id = createJobId(started)
  const key = activityKey(ownerOf(caller), id, new Date(started))
  facts.activity = id
  let followed: FollowedFrames | undefined

  function finish(outcome: Readonly<Record<string, unknown>>, response: Content | undefined): void {
    const durationMs = now() - started
    write(key, {
      operation,
      get head() {
        // A getter, since the facts are complete only when the object is written.
        const { modelId = call.modelId, caller: _, activity: __, ...rest } = facts
        const time = new Date(started).toISOString()
        return { id, time, caller, operation, modelId, durationMs, ...outcome, facts: rest }
      },
      request: toContent(headers['content-type'], body),
      response,
    })
  }

  return {
    headers: { [ACTIVITY_HEADER]: key },
    follow(progress) {
      followed = followFrames(progress, MAX_STREAM_BYTES)
      return followed.progress
    },
    answered({ statusCode, headers, body: bytes }) {
      finish({ statusCode }, toContent(headers['content-type'], bytes))
    },
    failed(error) {
      finish(describeError(error), undefined)
    },
    ended({ ended }) {
      finish({ statusCode: 200, ended }, followed && { events: followed.events, isCut: followed.isCut })
    },
  }
}

function toContent(contentType = 'application/json', bytes: Uint8Array): Content {
  return bytes.length > MAX_BODY_BYTES ? { omittedBytes: bytes.length } : { contentType, bytes }
}

function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof RestError)) return { statusCode: 500, error: { type: 'InternalServerException' } }
  const { name: type, message, statusCode } = error
  return { statusCode, error: { type, message } }
}
