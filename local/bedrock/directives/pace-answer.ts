import { setTimeout as wait } from 'node:timers/promises'
import type { AnswerEvent, AnswerEvents } from '../conversation/types.ts'
import type { Directives } from './parse-directives.ts'

/** Waits as long as the tokens of a unary answer take at `rate` per second. */
export async function paceAnswer({ rate }: Directives, outputTokens: number, signal: AbortSignal): Promise<void> {
  if (rate !== undefined) await wait((outputTokens / rate) * 1_000, undefined, { signal })
}

/** Delays each piece of a stream until its time, counted from the start, so that delays do not add up. */
export async function* paceEvents(
  events: AnswerEvents,
  rate: number,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  const startedAt = performance.now()
  let pieces = 0
  for await (const event of events) {
    if (event.kind === 'block-delta') {
      pieces += 1
      const early = startedAt + (pieces / rate) * 1_000 - performance.now()
      if (early > 0) await wait(early, undefined, { signal })
    }
    yield event
  }
}
