import type { JobsConfiguration } from '../configuration/index.ts'
import type { FunctionRequest } from '../http/index.ts'
import { ANONYMOUS } from '../identity/index.ts'

/** The identity that a request's jobs belong to. A direct invocation that names nobody is the stack's own. */
export function callerOf({ caller, source }: FunctionRequest, { eventCaller }: JobsConfiguration): string {
  return caller ?? (source === 'direct' ? eventCaller : ANONYMOUS)
}
