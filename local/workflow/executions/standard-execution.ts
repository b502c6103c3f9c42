import { parseExactly } from '@bedrock-functions/runtime/json'
import { Journal, readRecords } from '../../storage/journal.ts'
import type { Variables } from '../expressions/expressions.ts'
import { detailsMember, type HistoryEvent, MAX_HISTORY_EVENTS } from './history.ts'

export type StandardStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'

export interface ExecutionIdentity {
  readonly executionArn: string
  readonly stateMachineArn: string
  readonly name: string
}

/** Line of the journal. The members beside the event are for the local stack. */
type ExecutionRecord =
  | ({ readonly kind: 'execution' } & ExecutionIdentity)
  | {
      readonly kind: 'event'
      readonly event: HistoryEvent
      /** State that follows an exited one; null at the end. */
      readonly next?: string | null
      /** True for the map run of an outermost state. */
      readonly isOutermost?: boolean
    }

/** Place where an execution goes on. */
export interface Position {
  /** Input of the next state, or the output if there is none. */
  readonly input: unknown
  readonly variables: Variables
  /** Undefined at the end. */
  readonly next: string | undefined
  /** True: the history has the entry of the state. */
  readonly isEntered: boolean
  /** Last map run of the entered state. */
  readonly mapRunArn: string | undefined
}

/** Numbers and names of an execution; its input and output are only in its journal. */
export interface ExecutionState extends ExecutionIdentity {
  readonly status: StandardStatus
  readonly startTime: number
  readonly stopTime: number | undefined
  readonly redriveCount: number
  readonly redriveTime: number | undefined
  readonly mapRunArns: readonly string[]
  readonly events: number
}

const ENDS: Readonly<Record<string, StandardStatus>> = {
  ExecutionAborted: 'ABORTED',
  ExecutionFailed: 'FAILED',
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionTimedOut: 'TIMED_OUT',
}

/** Execution of a Standard workflow. Its history is its checkpoint: an append-only file with one event on each line. */
export class StandardExecution {
  readonly #path: string
  #state: ExecutionState
  #journal: Journal<ExecutionRecord> | undefined

  private constructor(path: string, state: ExecutionState) {
    this.#path = path
    this.#state = state
  }

  static create(path: string, identity: ExecutionIdentity, input: string): StandardExecution {
    const execution = new StandardExecution(path, createState(identity))
    execution.#open().append({ kind: 'execution', ...identity })
    execution.append('ExecutionStarted', { input, inputDetails: { truncated: false }, roleArn: '' })
    return execution
  }

  /** Undefined for a file without a whole first event, whose execution nobody was told of. */
  static load(path: string): StandardExecution | undefined {
    let state: ExecutionState | undefined
    readRecords<ExecutionRecord>(path, (record) => {
      if (record.kind === 'execution') state = createState(record)
      else if (state) state = applyEvent(state, record.event)
    })
    return state && state.events > 0 ? new StandardExecution(path, state) : undefined
  }

  get state(): ExecutionState {
    return this.#state
  }

  get path(): string {
    return this.#path
  }

  /** Adds an event. */
  append(
    type: string,
    details?: object,
    more: { readonly next?: string | null; readonly isOutermost?: boolean } = {},
  ): void {
    const { events } = this.#state
    const event: HistoryEvent = {
      id: events + 1,
      previousEventId: events,
      timestamp: Date.now() / 1000,
      type,
      ...(details && { [detailsMember(type)]: details }),
    }
    this.#open().append({ kind: 'event', event, ...more })
    this.#state = applyEvent(this.#state, event)
    if (this.#state.status !== 'RUNNING') this.close()
  }

  get isFull(): boolean {
    return this.#state.events >= MAX_HISTORY_EVENTS
  }

  history(): HistoryEvent[] {
    const events: HistoryEvent[] = []
    readRecords<ExecutionRecord>(this.#path, (record) => {
      if (record.kind === 'event') events.push(record.event)
    })
    return events
  }

  /** Input, and the end if there is one. */
  texts(): {
    readonly input: string
    readonly output?: string
    readonly error?: string
    readonly cause?: string
  } {
    let input = ''
    let end = {}
    for (const event of this.history()) {
      const details = (event[detailsMember(event.type)] ?? {}) as Readonly<Record<string, unknown>>
      if (event.type === 'ExecutionStarted') input = String(details.input)
      if (event.type === 'ExecutionRedriven') end = {}
      if (!Object.hasOwn(ENDS, event.type)) continue
      const { output, error, cause } = details
      end = {
        ...(output !== undefined && { output }),
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
      }
    }
    return { input, ...end }
  }

  /** @param startAt first state of the definition */
  position(startAt: string): Position {
    let input = 'null'
    let next: string | undefined = startAt
    let isEntered = false
    let mapRunArn: string | undefined
    const variables: Record<string, unknown> = {}
    readRecords<ExecutionRecord>(this.#path, (record) => {
      if (record.kind !== 'event') return
      const { event } = record
      const details = (event[detailsMember(event.type)] ?? {}) as Readonly<Record<string, unknown>>
      if (event.type === 'ExecutionStarted') input = String(details.input)
      else if (event.type.endsWith('StateEntered')) {
        input = String(details.input)
        next = String(details.name)
        isEntered = true
        mapRunArn = undefined
      } else if (event.type.endsWith('StateExited')) {
        input = String(details.output)
        next = record.next ?? undefined
        isEntered = false
        for (const [name, text] of Object.entries((details.assignedVariables ?? {}) as object)) {
          variables[name] = parseExactly(String(text))
        }
      } else if (event.type === 'MapRunStarted' && record.isOutermost) mapRunArn = String(details.mapRunArn)
    })
    return { input: parseExactly(input), variables, next, isEntered, mapRunArn }
  }

  close(): void {
    this.#journal?.close()
    this.#journal = undefined
  }

  #open(): Journal<ExecutionRecord> {
    this.#journal ??= Journal.open<ExecutionRecord>(this.#path, () => undefined)
    return this.#journal
  }
}

function createState({ executionArn, stateMachineArn, name }: ExecutionIdentity): ExecutionState {
  return {
    executionArn,
    stateMachineArn,
    name,
    status: 'RUNNING',
    startTime: 0,
    stopTime: undefined,
    redriveCount: 0,
    redriveTime: undefined,
    mapRunArns: [],
    events: 0,
  }
}

function applyEvent(state: ExecutionState, event: HistoryEvent): ExecutionState {
  const time = event.timestamp * 1000
  const next = { ...state, events: event.id }
  if (event.type === 'ExecutionStarted') return { ...next, startTime: time }
  if (event.type === 'ExecutionRedriven') {
    return {
      ...next,
      status: 'RUNNING',
      stopTime: undefined,
      redriveCount: state.redriveCount + 1,
      redriveTime: time,
    }
  }
  if (event.type === 'MapRunStarted') {
    const { mapRunArn } = event[detailsMember(event.type)] as { readonly mapRunArn: string }
    return { ...next, mapRunArns: [...state.mapRunArns, mapRunArn] }
  }
  const status = Object.hasOwn(ENDS, event.type) ? ENDS[event.type] : undefined
  return status ? { ...next, status, stopTime: time } : next
}
