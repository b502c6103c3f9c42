import type { Facts } from '@bedrock-functions/runtime/core'
import type { Route } from '@bedrock-functions/runtime/http'
import { createRoutes as createPollRoutes } from '../../../../functions/poll-job/routes.ts'
import { createRoutes as createStartRoutes } from '../../../../functions/start-job/routes.ts'
import { callBasics } from '../../../support/calls.ts'
import { CALLER } from './orders.ts'
import type { Stack } from './start-services.ts'

interface Asked {
  readonly caller?: string
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
}

/** Calls a route of a function as the HTTP adapter does, and returns the document of the answer. */
async function call(routes: readonly Route[], operation: string, asked: Asked): Promise<ReturnType<typeof JSON.parse>> {
  const route = routes.find((candidate) => candidate.operation === operation)
  const { caller = CALLER, body, query = {}, labels = {} } = asked
  const facts: Facts = {}
  const reply = await route?.handle({
    request: {
      method: route.method,
      segments: [],
      query,
      headers: {},
      body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
      source: 'rest-api',
      caller,
    },
    labels,
    ...callBasics(),
    facts,
  })
  if (!reply || 'forward' in reply) throw new Error('an answer that comes whole was expected')
  return JSON.parse(Buffer.from(reply.body).toString())
}

/** Allows every model by its id. */
export const NAMES = { resolveModelId: (modelId: string) => modelId, allowedModels: ['*'] } as const

/** Returns the API's operations on a stack. */
export function createFunctions(stack: Stack) {
  const { configuration: jobs, bedrock, store, events } = stack
  const inputLocations = { inputLocations: [], uploadsBucket: store.bucket }
  const starting = createStartRoutes({ ...NAMES, inputLocations, jobs, bedrock, store })
  const polling = createPollRoutes({ configuration: jobs, bedrock, store, loadEvents: async () => events })
  return {
    start: (body: unknown, caller = CALLER): Promise<{ invocationArn: string }> =>
      call(starting, 'StartAsyncInvoke', { body, caller }),
    upload: (body: unknown, caller = CALLER) => call(starting, 'CreateUpload', { body, caller }),
    get: (invocationArn: string, caller = CALLER) =>
      call(polling, 'GetAsyncInvoke', { labels: { invocationArn }, caller }),
    list: (query: Readonly<Record<string, string>> = {}, caller = CALLER) =>
      call(polling, 'ListAsyncInvokes', { query, caller }),
  }
}
