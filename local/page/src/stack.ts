import type { Definition } from '../../workflow/definition/definition.ts'
import { callJson } from './api.ts'

/** Facts of the stack that the page belongs to. */
export interface Stack {
  /** True for the page of `npm start`, which can ask the routes below `/_local/`. */
  readonly isLocal: boolean
  readonly auth: string
  readonly region: string
  readonly isEmulated: boolean
  readonly stateMachines: readonly { readonly name: string; readonly type: string; readonly definition: Definition }[]
}

/** Reads the facts. Only the page of `npm start` has a route for them; at GET /console it is the page of a deployed stack. */
export async function readStack(): Promise<Stack> {
  if (!location.pathname.endsWith('/console'))
    return { isLocal: true, ...(await callJson<Omit<Stack, 'isLocal'>>('_local/stack')) }
  // SDKs want a Region. It has no effect on calls with a key, so any will do for an API with a name of its own.
  const region = /\.execute-api\.([a-z0-9-]+)\./.exec(location.hostname)?.[1] ?? 'us-east-1'
  return { isLocal: false, auth: 'key', region, isEmulated: false, stateMachines: [] }
}
