import type { IncomingMessage } from 'node:http'
import { type FunctionError, responseCut } from './errors.ts'
import type { Invocation } from './invocation.ts'
import { createResponseBody } from './response-body.ts'

/** Invocation while a worker runs it. The answer begins once and ends once. */
export interface Execution {
  /** Takes the function's answer. A second one is read and dropped. */
  begin(post: IncomingMessage): void
  /** Ends the answer with an error, unless it is complete. */
  fail(error: FunctionError): void
  /** Called when the runtime polls again. Resolves when the answer has ended, by the function or as cut off. */
  settle(): Promise<void>
}

/** Longest delay of an answer after the next poll, which comes over another connection. */
const MAX_ANSWER_LAG_MS = 1_000

export function createExecution(invocation: Invocation, cold: boolean): Execution {
  let answer: 'awaited' | 'begun' | 'complete' = 'awaited'
  let lag: NodeJS.Timeout | undefined
  const ended = Promise.withResolvers<void>()

  const isComplete = () => answer === 'complete'

  function fail(error: FunctionError): void {
    if (isComplete()) return
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
      // The answer was cut off. The worker's exit gives the reason, or `settle` reports it when the runtime goes on.
      post.once('close', () => ended.resolve())
      invocation.respond({
        cold,
        contentType: post.headers['content-type'] ?? '',
        body: createResponseBody(post, invocation),
      })
    },
    fail,
    async settle() {
      // A function that destroys its response stream before the first byte never answers.
      if (answer === 'awaited') lag = setTimeout(() => ended.resolve(), MAX_ANSWER_LAG_MS)
      await ended.promise
      clearTimeout(lag)
      if (!isComplete()) fail(responseCut())
    },
  }
}
