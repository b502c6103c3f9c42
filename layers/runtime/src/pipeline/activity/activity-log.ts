import { BedrockError, RestError, type RestReply } from '../../core/errors.ts'
import { ANONYMOUS } from '../../core/identity.ts'
import { createJobId } from '../../core/job-id.ts'
import type { ModelCall } from '../../core/model-call.ts'
import type { Afterwards } from '../../http/deferred-work.ts'
import type { StreamEnd } from '../../http/forward-stream.ts'
import type { StreamProgress } from '../../http/stream-progress.ts'
import { ownerOf } from '../../jobs/layout.ts'
import type { WorkerOutcome } from '../../jobs/run-job.ts'
import type { MemoryConfiguration, MemoryMode } from '../memory/memory-configuration.ts'
import type { StoreLoader } from '../memory/store-loader.ts'
import { type Activity, type Content, toContent } from './activity-content.ts'
import { type FollowedFrames, followFrames } from './follow-frames.ts'

/** In requests `on` or `off`, in answers the key under which the call is kept. */
export const ACTIVITY_HEADER = 'x-bedrock-functions-activity'

/** Below it the bucket keeps prompts and completions. The template's lifecycle rules name it too. */
export const ACTIVITY_PREFIX = 'activity/'

/** Of a stream's events; what a function's memory can spare. */
const MOST_STREAM_BYTES = 4 * 1024 * 1024

/** One call that is being recorded. One of `answered`, `failed` and `ended` is to be called, once. */
export interface ActivityRecord {
  /** For the answer, also one that begins before it is recorded. */
  readonly headers: Readonly<Record<string, string>>
  /** The same progress, whose events are kept on their way. */
  follow(progress: StreamProgress): StreamProgress
  answered(reply: RestReply): void
  failed(error: unknown): void
  ended(end: StreamEnd): void
}

/** Prompts and completions of calls, as objects `activity/<owner>/<yyyy>/<mm>/<dd>/<id>.json.gz` in the stack's bucket. */
export interface ActivityLog {
  /**
   * Begins to record a call, as the caller has made it. Its document is written behind the answer.
   *
   * @returns undefined for a call that is not recorded
   * @throws BedrockError ValidationException for a wish that is none
   */
  begin(call: ModelCall, afterwards: Afterwards): ActivityRecord | undefined
  /**
   * Records a job that our worker has ended. The same job again writes the same object.
   *
   * @param wish what its request said, if anything
   */
  recordJob(outcome: WorkerOutcome, wish: ActivityWish, afterwards: Afterwards): void
}

export interface ActivityLogOptions {
  readonly configuration: Pick<MemoryConfiguration, 'activityLog'>
  readonly loadStore: StoreLoader
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export function createActivityLog({
  configuration: { activityLog: mode },
  loadStore,
  now = Date.now,
}: ActivityLogOptions): ActivityLog {
  async function write(key: string, activity: Activity): Promise<void> {
    const [store, { writeActivity }] = await Promise.all([loadStore(), import('./activity-document.ts')])
    await store.put({ bucket: store.bucket, key }, await writeActivity(activity), { contentType: 'application/gzip' })
  }

  return {
    begin(call, afterwards) {
      if (!isRecorded(readActivityWish(call.headers[ACTIVITY_HEADER]), mode)) return undefined
      return beginRecord(call, now, (key, activity) => afterwards('ActivityLog', () => write(key, activity)))
    },
    recordJob(outcome, wish, afterwards) {
      const { request } = outcome
      if (!request || request.kind === 'bedrock' || outcome.outcome === 'released') return
      if (!isRecorded(wish, mode)) return
      afterwards('ActivityLog', async () => {
        const [store, { readJobActivity }] = await Promise.all([loadStore(), import('../../jobs/job-activity.ts')])
        const { id, owner, submitTime } = request
        await write(activityKey(owner, id, new Date(submitTime)), await readJobActivity(request, outcome, store))
      })
    },
  }
}

/** What a request says of its being recorded. */
export type ActivityWish = 'on' | 'off' | undefined

/**
 * @param value of the request's header
 * @throws BedrockError ValidationException
 */
export function readActivityWish(value: string | undefined): ActivityWish {
  const word = value?.trim().toLowerCase()
  if (word === undefined || word === 'on' || word === 'off') return word
  throw new BedrockError('ValidationException', `${ACTIVITY_HEADER} is "${word.slice(0, 50)}": it must be on or off.`)
}

function isRecorded(wish: ActivityWish, mode: MemoryMode): boolean {
  return mode === 'ALL' ? wish !== 'off' : mode === 'REQUEST' && wish === 'on'
}

function activityKey(owner: string, id: string, time: Date): string {
  return `${ACTIVITY_PREFIX}${owner}/${time.toISOString().slice(0, 10).replaceAll('-', '/')}/${id}.json.gz`
}

function beginRecord(
  call: ModelCall,
  now: () => number,
  write: (key: string, activity: Activity) => void,
): ActivityRecord {
  const { operation, headers, body, caller = ANONYMOUS, facts } = call
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
        // Read when it is written: then the facts are all there.
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
      followed = followFrames(progress, MOST_STREAM_BYTES)
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

function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof RestError)) return { statusCode: 500, error: { type: 'InternalServerException' } }
  const { name: type, message, statusCode } = error
  return { statusCode, error: { type, message } }
}
