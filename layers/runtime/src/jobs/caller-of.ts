import type { JobsConfiguration } from '../core/configuration.ts'
import { ANONYMOUS } from '../core/identity.ts'
import type { FunctionRequest } from '../http/request.ts'

/** The identity that a request's jobs belong to. A direct invocation that names nobody is the stack's own. */
export function callerOf({ caller, source }: FunctionRequest, { eventCaller }: JobsConfiguration): string {
  return caller ?? (source === 'direct' ? eventCaller : ANONYMOUS)
}
