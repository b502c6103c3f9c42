import type { Context } from 'aws-lambda'
import type { ServeEventOptions } from './serve.ts'

export type EventHandler = (event: unknown, context: Context) => Promise<unknown>

/**
 * Creates an ordinary handler for direct events of Step Functions, the asynchronous queue and the AWS CLI. It returns the
 * document, and throws failures with Bedrock's error type, so that Lambda reports a function error. Its modules load with the
 * first event, since the HTTP function has the same code and gets no direct events.
 */
export function serveEvent(options: ServeEventOptions): EventHandler {
  return async (event, context) => (await import('./answer-event.ts')).answerEvent(options, event, context)
}
