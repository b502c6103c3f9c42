import { setTimeout as wait } from 'node:timers/promises'
import { isJsonObject, type JsonValue } from '../shapes/json.ts'
import { readObject, readObjects, readString } from '../shapes/read-json.ts'
import { describeBody, restoreBody } from './bodies.ts'
import { collectStream } from './collect-stream.ts'
import { compareShapes } from './compare-shapes.ts'
import { describeAnswer } from './describe-answer.ts'
import { isServerSent, isStream, pickAnswerHeaders, readErrorType } from './headers.ts'
import type { BedrockAccess } from './options.ts'
import { createRealBedrock, type ForwardedAnswer, type ForwardedRequest, type RealBedrock } from './real-bedrock.ts'
import type { RecordedResponse, Recording } from './recording.ts'
import { RecordingError, readRecordings } from './recording-files.ts'
import { createSecretRemover, RECORDED_ACCOUNT } from './remove-secrets.ts'
import { isFailure } from './server-events.ts'

/** Result of one recording. */
export interface DriftResult {
  readonly file: string
  /** Differences of the shapes; empty if there are none. */
  readonly differences: readonly string[]
  /** Reason why the recording was not sent. */
  readonly skipped?: string
}

/** Statuses of failures that a repeated request may not have. */
const TRANSIENT_STATUSES = [408, 429, 500, 503]

/** Pauses before a request is sent again that failed in a way that the recorded one did not. */
const RETRY_PAUSES_MS = [500, 1_000, 2_000]

/** Sends the requests of recordings to Bedrock again, in their order, and yields where the shapes of the answers differ. */
export async function* findDrift(directory: string, access: BedrockAccess = {}): AsyncGenerator<DriftResult> {
  const recordings = readRecordings(directory)
  if (recordings.length === 0) throw new RecordingError(`${directory} has no recordings`)
  const bedrock = createRealBedrock(access)
  const restorer = createRequestRestorer(await bedrock.readAccount())
  try {
    for (const { file, recording } of recordings) {
      const skipped = describeSkip(recording.response)
      if (skipped === undefined) {
        const live = await sendAgain(bedrock, restorer.restore(recording), recording.response)
        restorer.learn(recording, live)
        yield { file, differences: compareAnswers(recording.response, live) }
      } else yield { file, differences: [], skipped }
    }
  } finally {
    bedrock.close()
  }
}

function describeSkip({ status, ending, events = [] }: RecordedResponse): string | undefined {
  if (TRANSIENT_STATUSES.includes(status)) return `the status ${status} cannot be repeated`
  const isBroken = ending === 'reset' || events.some(isFailure)
  return isBroken ? 'a broken stream cannot be repeated' : undefined
}

async function sendAgain(
  bedrock: RealBedrock,
  request: ForwardedRequest,
  recorded: RecordedResponse,
): Promise<RecordedResponse> {
  for (const pauseMs of RETRY_PAUSES_MS) {
    const live = await readAnswer(await bedrock.send(request))
    if (live.status === recorded.status || !TRANSIENT_STATUSES.includes(live.status)) return live
    await wait(pauseMs)
  }
  return readAnswer(await bedrock.send(request))
}

/** Reads an answer in the form of a recording. Its times do not matter. */
async function readAnswer({ status, headers, body }: ForwardedAnswer): Promise<RecordedResponse> {
  const head = { status, headers: pickAnswerHeaders(headers), afterMs: 0 }
  if (!isStream(headers)) return { ...head, body: describeBody(Buffer.concat(await body.toArray())) }
  const secrets = createSecretRemover()
  const { events, ending } = await collectStream(body, {
    secrets,
    isServerSent: isServerSent(headers),
    elapsed: () => 0,
    forward: () => undefined,
  })
  return { ...head, events, ending }
}

function compareAnswers(recorded: RecordedResponse, live: RecordedResponse): readonly string[] {
  const [before, after] = [recorded, live].map(describeStatus)
  if (before !== after) return [`${before} -> ${after}`]
  if (recorded.ending !== live.ending) {
    return [`the stream ended ${recorded.ending ?? 'whole'} -> ${live.ending ?? 'whole'}`]
  }
  return compareShapes([describeAnswer(recorded)], [describeAnswer(live)], '')
}

function describeStatus({ status, headers, events }: RecordedResponse): string {
  return [`status ${status}`, readErrorType(headers), events && 'with a stream'].filter(Boolean).join(' ')
}

/** Restores the requests of recordings for the account of the credentials. */
function createRequestRestorer(account: string | undefined) {
  /** ARNs of asynchronous invocations: the recorded one and the one that Bedrock has now. */
  const arns = new Map<string, string>()
  /** Ids of stored responses, likewise. */
  const responses = new Map<string, string>()
  const withResponses = (text: string): string =>
    [...responses].reduce((rest, [recorded, live]) => rest.replaceAll(recorded, live), text)
  const withAccount = (text: string): string =>
    account === undefined ? text : text.replaceAll(new RegExp(`(?<!\\d)${RECORDED_ACCOUNT}(?!\\d)`, 'g'), account)
  const restorePath = (path: string): string => {
    const [, collection, label = ''] = path.split('/')
    const started = collection === 'async-invoke' ? arns.get(decodeURIComponent(label)) : undefined
    return started === undefined ? withResponses(withAccount(path)) : `/async-invoke/${encodeURIComponent(started)}`
  }
  return {
    restore({ request }: Recording): ForwardedRequest {
      const { method, path, headers } = request
      return {
        method,
        target: restorePath(path),
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, withAccount(value)])),
        body: Buffer.from(withResponses(withAccount(restoreBody(request.body).toString('latin1'))), 'latin1'),
      }
    },
    learn({ operation, response }: Recording, live: RecordedResponse): void {
      const known = { StartAsyncInvoke: arns, OpenAIResponses: responses }[operation]
      if (!known) return
      const [recorded, started] = [response, live].map((one) => readName(describeAnswer(one)))
      if (recorded !== undefined && started !== undefined) known.set(recorded, started)
    },
  }
}

/** Reads the ARN of an invocation that an answer starts, or the id of a response, whole or as a stream. */
function readName(answer: JsonValue): string | undefined {
  if (!isJsonObject(answer)) return undefined
  const { invocationArn, id } = answer
  const [created] = readObjects(answer['response.created'])
  return readString(invocationArn) ?? readString(id) ?? readString(readObject(created?.response)?.id)
}
