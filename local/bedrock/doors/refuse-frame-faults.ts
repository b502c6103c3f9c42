import type { Directives } from '../directives/parse-directives.ts'
import { doorMessages as messages, validationError } from '../messages.ts'

/** Refuses the fault of frames that server-sent events cannot have. */
export function refuseFrameFaults({ badcrc }: Directives): void {
  if (badcrc) throw validationError(messages.noChecksum)
}
