import '../core/index.ts'
import type { Context } from 'aws-lambda'
import { BedrockError, RestError, type RestReply } from '../core/errors.ts'
import { parseExactly } from '../json/exact-numbers.ts'
import { toBuffer } from '../json/json-document.ts'
import { readDirectEvent } from './read-direct-event.ts'
import { findHttpSource } from './read-event.ts'
import type { Route } from './route.ts'
import { runCall, type ServeEventOptions } from './serve.ts'

/** Answers a direct event with the document of its operation. Throws every failure with Bedrock's name for it. */
export async function answerEvent(options: ServeEventOptions, event: unknown, context: Context): Promise<unknown> {
  const { routes, configuration, httpFunction } = options
  const { result, finish } = await runCall(options, context, {
    read: () => {
      if (!findHttpSource(event)) return readDirectEvent(event, routes, configuration.callerUnit)
      throw new BedrockError(
        'ValidationException',
        `This function takes direct events only. Send HTTP requests to ${httpFunction} of the stack.`,
      )
    },
    toResult: toDocument,
  })
  await finish()
  if (result instanceof RestError) throw result
  return result
}

/** Bedrock's document, or for InvokeModel the native body beside the members that are headers. */
function toDocument({ headers, body }: RestReply, { headerMembers }: Route): unknown {
  if (!headerMembers) return parseExactly(toBuffer(body).toString())
  const members = Object.entries(headerMembers).flatMap(([member, header]) =>
    headers[header] === undefined ? [] : [[member, headers[header]]],
  )
  // Media goes as Bedrock's documents carry bytes: in base64.
  const isJson = /\bjson\b/.test(headers['content-type'] ?? '')
  const text = toBuffer(body).toString(isJson ? 'utf8' : 'base64')
  return { ...Object.fromEntries(members), body: isJson ? parseExactly(text) : text }
}
