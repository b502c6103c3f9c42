import '../core/index.ts'
import type { Context } from 'aws-lambda'
import { BedrockError, RestError, type RestReply } from '../core/errors.ts'
import { parseExactly } from '../json/exact-numbers.ts'
import { toBuffer } from '../json/json-document.ts'
import { readDirectEvent } from './read-direct-event.ts'
import { findHttpSource } from './read-event.ts'
import type { Route } from './route.ts'
import { runCall, type ServeEventOptions } from './serve.ts'

/** Answers a direct event with the document of its operation. Throws failures as RestError, with Bedrock's error type. */
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

/** Turns a reply into Bedrock's document. For InvokeModel it has the member `body`, and the members that are headers. */
function toDocument({ headers, body }: RestReply, { headerMembers }: Route): unknown {
  if (!headerMembers) return parseExactly(toBuffer(body).toString())
  const members = Object.entries(headerMembers).flatMap(([member, header]) =>
    headers[header] === undefined ? [] : [[member, headers[header]]],
  )
  // Media is encoded in base64, as bytes in Bedrock's documents are.
  const isJson = /\bjson\b/.test(headers['content-type'] ?? '')
  const text = toBuffer(body).toString(isJson ? 'utf8' : 'base64')
  return { ...Object.fromEntries(members), body: isJson ? parseExactly(text) : text }
}
