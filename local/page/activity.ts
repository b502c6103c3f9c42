import type { RequestSummary as BedrockSummary } from '@bedrock-functions/bedrock-emulator'
import type { RequestSummary } from '../gateway/gateway-server.ts'
import type { AttemptOutcome } from '../lambda/asynchronous/index.ts'
import { isObject, type JsonObject } from '../template/json.ts'
import type { ExecutionSummary } from '../workflow/index.ts'

/** What has happened in the stack, without bodies, except for the states of a workflow, which show what they got and gave. */
export type ActivityItem =
  | ({ readonly kind: 'request' } & RequestSummary)
  /** A log record of a function. Metrics lines are not kept. */
  | { readonly kind: 'log'; readonly functionName: string; readonly record: JsonObject | string }
  | ({ readonly kind: 'bedrock' } & Omit<BedrockSummary, 'failure'>)
  | ({ readonly kind: 'invocation' } & AttemptOutcome)
  | {
      readonly kind: 'event'
      readonly detailType: string
      readonly status: unknown
      readonly resources: readonly string[]
    }
  | ({ readonly kind: 'execution' } & ExecutionSummary)

export type ActivityEntry = ActivityItem & {
  /** Number of the entry, from 1. */
  readonly id: number
  /** Time in ms since 1970. */
  readonly time: number
}

export interface Activity {
  add(item: ActivityItem): void
  /** Kept entries after this id, oldest first. */
  since(id: number): readonly ActivityEntry[]
  /** Calls the listener for each new entry until the returned function is called. */
  subscribe(listener: (entry: ActivityEntry) => void): () => void
}

/** Entries that are kept. */
const MAX_ENTRIES = 30_000

/** Executions that are kept: each has the input and output of its states. */
const MAX_EXECUTIONS = 50

/** Creates the record of the stack's activity, which the page of `npm start` shows. It ends with the stack. */
export function createActivity(): Activity {
  let entries: ActivityEntry[] = []
  let lastId = 0
  const listeners = new Set<(entry: ActivityEntry) => void>()
  return {
    add(item) {
      lastId += 1
      const entry = { ...item, id: lastId, time: Date.now() }
      entries.push(entry)
      if (entries.length > 2 * MAX_ENTRIES) entries = entries.slice(-MAX_ENTRIES)
      if (item.kind === 'execution') dropOldExecutions(entries)
      for (const listener of listeners) listener(entry)
    },
    since: (id) => entries.slice(-MAX_ENTRIES).filter((entry) => entry.id > id),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Reads a line of a function's log; undefined for a line of metrics. */
export function readLogRecord(line: string): JsonObject | string | undefined {
  if (!line.startsWith('{')) return line
  try {
    const record: unknown = JSON.parse(line)
    if (!isObject(record)) return line
    return record._aws === undefined ? record : undefined
  } catch {
    return line
  }
}

function dropOldExecutions(entries: ActivityEntry[]): void {
  const executions = entries.filter(({ kind }) => kind === 'execution')
  const oldest = executions.length > MAX_EXECUTIONS ? executions[0] : undefined
  if (oldest) entries.splice(entries.indexOf(oldest), 1)
}
