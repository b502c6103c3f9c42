import type { JobsConfiguration } from '../core/configuration.ts'
import { ANONYMOUS } from '../core/identity.ts'
import type { FunctionRequest } from '../http/request.ts'

/** The identity that owns a request's jobs. A direct invocation without a caller belongs to the stack itself. */
export function callerOf(
  { caller, source }: Pick<FunctionRequest, 'caller' | 'source'>,
  { eventCaller }: Pick<JobsConfiguration, 'eventCaller'>,
): string {
  return caller ?? (source === 'direct' ? eventCaller : ANONYMOUS)
}
