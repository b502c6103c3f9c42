import type { EventDraft } from './events/index.ts'
import type { RequestSummary } from './gateway/gateway-server.ts'
import type { AttemptOutcome } from './lambda/asynchronous/index.ts'
import type { LogLine } from './lambda/worker.ts'
import { isObject, type JsonObject } from './template/json.ts'
import type { EventRuleModel } from './template/model.ts'

/** Characters of a path or message on the console. */
const MAX_TEXT_LENGTH = 300

/** `12:34:56 POST /models 200 12 ms InvokeFunction cold`; `function-url` before the method for a request to it. */
export function formatRequest(summary: RequestSummary, time = new Date()): string {
  const { server, method, rawPath, statusCode, durationMs, functionName, cold, failure, hint } = summary
  const words = [
    clock(time),
    server === 'function-url' ? server : undefined,
    printable(method),
    printable(rawPath),
    statusCode ?? '(client gone)',
    `${durationMs.toFixed(0)} ms`,
    functionName,
    cold ? 'cold' : undefined,
    failure === undefined ? undefined : `- ${printable(failure)}`,
    hint === undefined ? undefined : `(${printable(hint)})`,
  ]
  return words.filter((word) => word !== undefined).join(' ')
}

/**
 * `12:34:56 async succeeded 12 ms JobFunction`. A failure also has its type and what follows: another attempt, or the queue
 * of its record.
 */
export function formatInvocation(summary: AttemptOutcome, time = new Date()): string {
  const { functionName, outcome, durationMs, errorType } = summary
  const notes = outcome === 'succeeded' ? [] : [errorType, describeNext(summary)].filter((note) => note !== undefined)
  const words = [clock(time), 'async', outcome, `${durationMs.toFixed(0)} ms`, functionName]
  return [...words, ...(notes.length === 0 ? [] : ['-', printable(notes.join(', '))])].join(' ')
}

/**
 * True for the success of a function that only schedules invoke, such as the sweep: one line each minute would hide other
 * lines of the console.
 */
export function isRoutine({ outcome, functionName }: AttemptOutcome, rules: readonly EventRuleModel[]): boolean {
  const own = rules.filter(({ targets }) => targets.some(({ resource }) => resource === functionName))
  return outcome === 'succeeded' && own.length > 0 && own.every(({ pattern }) => pattern === undefined)
}

function describeNext({ retryInMs, destination }: AttemptOutcome): string {
  if (retryInMs !== undefined) return `again in ${(retryInMs / 1000).toFixed(0)} s`
  return destination === undefined ? 'given up' : `given up, recorded in ${destination}`
}

/** `12:34:56 event Inference Job State Change Completed arn:…`: type, `status` of the detail, resources. */
export function formatEvent({ detailType, detail, resources }: EventDraft, time = new Date()): string {
  const { status } = detail as JsonObject
  const words = ['event', detailType, ...(typeof status === 'string' ? [status] : []), ...resources]
  return `${clock(time)} ${printable(words.join(' '))}`
}

/**
 * Line of a function for the console: a log record of level WARN or higher, or any other text on stderr. Undefined for
 * other lines, which are only in the function's log file.
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

/** Text format of Lambda's Node runtime: time, request id, level and message, separated by tabs. */
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

/** Message, and the error's name where there is one. */
function describeRecord({ message, error, errorType }: JsonObject): string {
  const text = typeof message === 'string' ? message : JSON.stringify(message ?? '')
  const name = errorType ?? (isObject(error) ? error.name : undefined)
  return name === undefined ? text : `${text} (${name})`
}

/** Replaces control characters, which clients and functions must not send to the terminal. */
function printable(text: string): string {
  const clean = text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, ' ')
  return clean.length > MAX_TEXT_LENGTH ? `${clean.slice(0, MAX_TEXT_LENGTH)}…` : clean
}
