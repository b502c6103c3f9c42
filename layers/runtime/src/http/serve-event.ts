import type { Context } from 'aws-lambda'
import type { ServeEventOptions } from './serve.ts'

export type EventHandler = (event: unknown, context: Context) => Promise<unknown>

/**
 * An ordinary handler for direct events, of Step Functions, the asynchronous queue and the AWS CLI. It returns the document
 * and throws every failure with Bedrock's name for it, so that Lambda reports a function error. Its parts load with the
 * first event, because the function for HTTP has the same code and gets none.
 */
export function serveEvent(options: ServeEventOptions): EventHandler {
  return async (event, context) => (await import('./answer-event.ts')).answerEvent(options, event, context)
}
