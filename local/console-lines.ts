import type { EventDraft } from './events/index.ts'
import type { RequestSummary } from './gateway/gateway-server.ts'
import type { AttemptOutcome } from './lambda/asynchronous/index.ts'
import type { LogLine } from './lambda/worker.ts'
import { isObject, type JsonObject } from './template/json.ts'
import type { EventRuleModel } from './template/model.ts'

/** Of a path or message, characters: a line stays a line. */
const LONGEST_TEXT = 300

/** `12:34:56 POST /models 200 12 ms InvokeFunction cold`; after the time `function-url` for a request that came there. */
export function formatRequest(summary: RequestSummary, time = new Date()): string {
  const { server, method, rawPath, statusCode, milliseconds, functionName, cold, failure } = summary
  const words = [
    clock(time),
    server === 'function-url' ? server : undefined,
    printable(method),
    printable(rawPath),
    statusCode ?? '(client gone)',
    `${milliseconds.toFixed(0)} ms`,
    functionName,
    cold ? 'cold' : undefined,
    failure === undefined ? undefined : `- ${printable(failure)}`,
  ]
  return words.filter((word) => word !== undefined).join(' ')
}

/**
 * `12:34:56 async succeeded 12 ms JobFunction`; of a failure also its type and what comes next: another attempt, or where
 * its record is.
 */
export function formatInvocation(summary: AttemptOutcome, time = new Date()): string {
  const { functionName, outcome, milliseconds, errorType } = summary
  const notes = outcome === 'succeeded' ? [] : [errorType, describeNext(summary)].filter((note) => note !== undefined)
  const words = [clock(time), 'async', outcome, `${milliseconds.toFixed(0)} ms`, functionName]
  return [...words, ...(notes.length === 0 ? [] : ['-', printable(notes.join(', '))])].join(' ')
}

/**
 * Functions that only a schedule invokes, by name. Their successes are routine: every minute one would push other lines off
 * the console.
 */
export function listScheduledFunctions(rules: readonly EventRuleModel[]): ReadonlySet<string> {
  const namesOf = (chosen: readonly EventRuleModel[]) =>
    chosen.flatMap(({ targets }) => targets.map(({ resource }) => resource))
  const byEvents = namesOf(rules.filter(({ pattern }) => pattern !== undefined))
  const bySchedules = namesOf(rules.filter(({ pattern }) => pattern === undefined))
  return new Set(bySchedules.filter((name) => !byEvents.includes(name)))
}

function describeNext({ retryInMilliseconds, destination }: AttemptOutcome): string {
  if (retryInMilliseconds !== undefined) return `again in ${(retryInMilliseconds / 1000).toFixed(0)} s`
  return destination === undefined ? 'given up' : `given up, recorded in ${destination}`
}

/** `12:34:56 event Inference Job State Change Completed arn:…`: its `status`, where its detail has one, and resources. */
export function formatEvent({ detailType, detail, resources }: EventDraft, time = new Date()): string {
  const { status } = detail as JsonObject
  const words = ['event', detailType, ...(typeof status === 'string' ? [status] : []), ...resources]
  return `${clock(time)} ${printable(words.join(' '))}`
}

/**
 * What of a function's output belongs on the console: log records of level WARN and above, and what is no log record but
 * came on stderr. Undefined for everything else, which is in the function's log file.
 */
export function formatLogLine({ functionName, stream, line }: LogLine, time = new Date()): string | undefined {
  const record = parseRecord(line)
  if (record === undefined) return stream === 'stderr' ? `${clock(time)} ${functionName} ${printable(line)}` : undefined
  if (!WORTH_SHOWING.has(record.level)) return undefined
  return `${clock(time)} ${functionName} ${record.level} ${printable(record.text)}`
}

/** Any line of a function, for --verbose. */
export function formatVerbose({ functionName, line }: LogLine, time = new Date()): string {
  return `${clock(time)} ${functionName} ${line}`
}

export function clock(time = new Date()): string {
  return time.toTimeString().slice(0, 8)
}

const WORTH_SHOWING = new Set(['WARN', 'ERROR', 'FATAL', 'CRITICAL'])

/** The text format of Lambda's Node runtime: time, request id, level and message, separated by tabs. */
const TEXT_RECORD = /^\d{4}-[\d-]+T[\d:.]+Z\t[^\t]*\t(?<level>[A-Z]+)\t(?<text>.*)$/s

function parseRecord(line: string): { level: string; text: string } | undefined {
  const text = TEXT_RECORD.exec(line)?.groups
  if (text?.level !== undefined) return { level: text.level, text: text.text ?? '' }
  if (!line.startsWith('{')) return undefined
  try {
    const record: unknown = JSON.parse(line)
    if (!isObject(record)) return undefined
    return { level: String(record.level ?? ''), text: describeRecord(record) }
  } catch {
    return undefined
  }
}

/** The message, and the name of the error where there is one. */
function describeRecord({ message, error, errorType }: JsonObject): string {
  const text = typeof message === 'string' ? message : JSON.stringify(message ?? '')
  const name = errorType ?? (isObject(error) ? error.name : undefined)
  return name === undefined ? text : `${text} (${name})`
}

/** What clients and functions send is theirs: no control characters of it reach the terminal. */
function printable(text: string): string {
  const clean = text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, ' ')
  return clean.length > LONGEST_TEXT ? `${clean.slice(0, LONGEST_TEXT)}…` : clean
}
