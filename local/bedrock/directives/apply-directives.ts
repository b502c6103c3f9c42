import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { OperationCall } from '../operations/operation.ts'
import { exampleError } from './error-examples.ts'
import { type Directives, parseDirectives } from './parse-directives.ts'

/**
 * Reads the directives in `text` and does what comes before any answer: silence first, then the errors asked for.
 * Returns those that shape the answer itself.
 */
export async function applyDirectives(text: string, call: OperationCall): Promise<Directives> {
  const directives = parseDirectives(text)
  if (directives.stall) await wait(directives.stall, undefined, { signal: call.signal })
  if (directives.throttle !== undefined && call.throttle.refuses(hashCall(call), directives.throttle)) {
    throw exampleError('ThrottlingException', call.resource)
  }
  if (directives.error) throw exampleError(directives.error, call.resource)
  return directives
}

/** A unary answer takes as long as its tokens would at `rate` a second. */
export async function paceAnswer({ rate }: Directives, outputTokens: number, signal: AbortSignal): Promise<void> {
  if (rate !== undefined) await wait((outputTokens / rate) * 1_000, undefined, { signal })
}

/** "This same request": the route and the body; SDKs change headers from try to try. */
function hashCall({ path, body }: OperationCall): string {
  return createHash('sha256').update(path).update('\n').update(body).digest('base64')
}
