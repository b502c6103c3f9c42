import type { IncomingMessage } from 'node:http'
import { type FunctionError, responseCut } from './errors.ts'
import type { Invocation } from './invocation.ts'
import { createResponseBody } from './response-body.ts'

/** An invocation while a worker runs it. The answer begins once and ends once, whoever ends it. */
export interface Execution {
  /** The function's answer; a second one is read and dropped. */
  begin(post: IncomingMessage): void
  /** Ends the answer with an error, unless it is complete. */
  fail(error: FunctionError): void
  /** For when the runtime asks for more: resolves when the answer has ended, in the function's way or as cut. */
  settle(): Promise<void>
}

/** How long an answer may lag behind the poll that follows it: they come over different connections. */
const ANSWER_LAG_MILLISECONDS = 1_000

export function createExecution(invocation: Invocation, cold: boolean): Execution {
  let answer: 'awaited' | 'begun' | 'complete' = 'awaited'
  let lag: NodeJS.Timeout | undefined
  const ended = Promise.withResolvers<void>()

  function fail(error: FunctionError): void {
    if (answer === 'complete') return
    answer = 'complete'
    invocation.fail(error)
    ended.resolve()
  }

  return {
    begin(post) {
      if (answer !== 'awaited') {
        post.resume()
        return
      }
      answer = 'begun'
      clearTimeout(lag)
      post.once('end', () => {
        answer = 'complete'
        ended.resolve()
      })
      // Cut: either the worker's exit says why, or the runtime goes on and `settle` calls it cut.
      post.once('close', () => ended.resolve())
      invocation.respond({
        cold,
        contentType: post.headers['content-type'] ?? '',
        body: createResponseBody(post, invocation),
      })
    },
    fail,
    async settle() {
      // A function that destroys its response stream before the first byte never answers at all.
      if (answer === 'awaited') lag = setTimeout(() => ended.resolve(), ANSWER_LAG_MILLISECONDS)
      await ended.promise
      clearTimeout(lag)
      fail(responseCut())
    },
  }
}
