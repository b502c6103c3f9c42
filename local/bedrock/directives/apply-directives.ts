import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { validationError } from '../messages.ts'
import type { OperationCall } from '../operations/operation.ts'
import { exampleError } from './error-examples.ts'
import {
  type Directives,
  INVOCATION_DIRECTIVES,
  type InvocationDirectives,
  MAX_WHOLE_TOKENS,
  parseDirectives,
  STREAM_FAULTS,
} from './parse-directives.ts'

/**
 * Parses the directives in `text` and applies those before the answer: first silence, then errors. Returns the directives
 * for the answer itself. ValidationException for directives of streams and asynchronous invocations.
 */
export async function applyDirectives(text: string, call: OperationCall): Promise<Directives> {
  const directives = readDirectives(text, call)
  refuseStreamFaults(directives)
  refuseInvocationDirectives(directives)
  requireWholeLength(directives)
  await begin(directives, call)
  return directives
}

/** Applies directives to an operation that streams. */
export async function applyStreamDirectives(text: string, call: OperationCall): Promise<Directives> {
  const directives = readDirectives(text, call)
  refuseInvocationDirectives(directives)
  await begin(directives, call)
  return directives
}

/** Applies directives to the start of an asynchronous invocation; returns its outcome. */
export async function applyInvocationDirectives(text: string, call: OperationCall): Promise<InvocationDirectives> {
  const directives = readDirectives(text, call)
  refuseStreamFaults(directives)
  await begin(directives, call)
  return directives
}

/** Applies a fault before its operation: silence and errors. Returns the directives for the answer itself. */
export async function applyFault(fault: Directives, call: OperationCall): Promise<Directives> {
  const { stall: _stall, throttle: _throttle, error: _error, ...rest } = fault
  await begin(fault, call)
  return rest
}

function readDirectives(text: string, { resource, fault }: OperationCall): Directives {
  const directives = parseDirectives(text)
  const own = directives.for === undefined || resource.includes(directives.for) ? directives : {}
  return { ...own, ...fault }
}

function refuseStreamFaults(directives: Directives): void {
  const fault = STREAM_FAULTS.find((name) => directives[name] !== undefined)
  if (fault) throw validationError(`The directive [emulator:${fault}…@K] is for streams; this operation has none.`)
  if (directives.signatures !== undefined) {
    throw validationError('The directive [emulator:signatures=N] is for streams; this operation has none.')
  }
}

function refuseInvocationDirectives(directives: Directives): void {
  const name = INVOCATION_DIRECTIVES.find((one) => directives[one] !== undefined)
  if (name) throw validationError(`The directive [emulator:${name}=…] is for asynchronous invocations.`)
}

/** Refuses more tokens than an answer in memory may have. */
export function requireWholeLength({ tokens = 0 }: Directives): void {
  if (tokens <= MAX_WHOLE_TOKENS) return
  const fact = `is for streams without a guardrail; any other answer has at most ${MAX_WHOLE_TOKENS} tokens`
  throw validationError(`The directive [emulator:tokens=${tokens}] ${fact}.`)
}

async function begin(directives: Directives, call: OperationCall): Promise<void> {
  if (directives.stall) await wait(directives.stall, undefined, { signal: call.signal })
  if (directives.throttle !== undefined && call.throttle.refuses(hashCall(call), directives.throttle)) {
    throw exampleError('ThrottlingException', call.resource)
  }
  if (directives.error) throw exampleError(directives.error, call.resource)
}

/** Identifies a request by route and body, because SDKs change headers between attempts. */
function hashCall({ path, body }: OperationCall): string {
  return createHash('sha256').update(path).update('\n').update(body).digest('base64')
}
