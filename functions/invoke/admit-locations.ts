import type { Route } from '@bedrock-functions/runtime/http'
import type { LocationCheck } from '@bedrock-functions/runtime/pipeline'

/**
 * A route that counts what a request would use, which Bedrock reads the objects for that it names: whose they are is asked
 * here as for a call.
 */
export function admittingLocations(route: Route, check: LocationCheck): Route {
  return {
    ...route,
    async handle(call) {
      const { body, caller } = call.request
      const { input } = parseOrNothing(Buffer.from(body).toString())
      await check(readNativeBody(input) ?? input, caller)
      return route.handle(call)
    },
  }
}

interface Counted {
  readonly input?: { readonly invokeModel?: { readonly body?: unknown } }
}

/** In CountTokens a native body is in base64. */
function readNativeBody(input: Counted['input']): unknown {
  const native = input?.invokeModel?.body
  return typeof native === 'string' ? parseOrNothing(Buffer.from(native, 'base64').toString()) : undefined
}

/** What is no document is for the route to refuse. */
function parseOrNothing(text: string): Counted {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
