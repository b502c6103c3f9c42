import type { AnswerEvent, AnswerEvents } from '../conversation/types.ts'
import type { Usage } from '../operations/operation.ts'
import { createUsageCounter } from '../operations/stream-usage.ts'
import { assessTexts } from './assess-texts.ts'
import {
  type AssessedOutput,
  assessOutput,
  describeOutput,
  type GuardedEntry,
  type Guarding,
  type GuardrailTrace,
} from './guard-answer.ts'

export interface UnscannedRelease {
  readonly events: AnswerEvents
  /** Available after the last event. */
  readTrace(): GuardrailTrace
}

/** Pieces sent between two assessments. */
const PIECES_PER_SCAN = 16
/** Characters that are assessed again with the next pieces, for findings across the border. */
const OVERLAP = 500

/**
 * Streams in the asynchronous mode: every piece is sent at once and assessed later. A finding ends the answer with the
 * guardrail's message in a block of its own. Nothing is masked, because it has been sent. It is not documented where
 * Bedrock ends the stream and whether it sends its message there.
 */
export function releaseUnscanned(events: AnswerEvents, entry: GuardedEntry, guarding: Guarding): UnscannedRelease {
  const { policy } = guarding.guardrail
  const scanner = createScanner((text) => assessTexts(policy, [text], 'OUTPUT', { masks: false }).outcome === 'blocked')
  const assess = (): AssessedOutput => assessOutput(scanner.texts(), entry.input, guarding, false)

  async function* release(): AsyncGenerator<AnswerEvent> {
    const counter = createUsageCounter()
    for await (const event of events) {
      counter.count(event)
      if (event.kind === 'answer-stop') {
        // Grounding needs the whole answer, which has been sent by now.
        const isBlocked = assess().verdict.outcome === 'blocked'
        yield isBlocked ? { ...event, stopReason: 'guardrail_intervened' } : event
        return
      }
      yield event
      if (scanner.finds(event)) {
        yield* intervene(event, policy.messages.OUTPUT, counter.usage())
        return
      }
    }
  }

  return { events: release(), readTrace: () => describeOutput(entry, assess(), scanner.texts()) }
}

interface Scanner {
  /** Returns true when the text sent with this event, or shortly before, is blocked. */
  finds(event: AnswerEvent): boolean
  /** Sent text by block. */
  texts(): readonly string[]
}

function createScanner(isBlocked: (text: string) => boolean): Scanner {
  const texts: string[] = []
  let pieces = 0
  let scanned = 0
  return {
    finds(event) {
      if (!('block' in event) || event.block.kind !== 'text') return false
      if (event.kind === 'block-start') {
        texts.push('')
        scanned = 0
      }
      if (event.kind === 'block-delta') {
        texts.push((texts.pop() ?? '') + event.text)
        pieces += 1
      }
      const text = texts.at(-1) ?? ''
      const isDue = event.kind === 'block-stop' || pieces % PIECES_PER_SCAN === 0
      if (!isDue || text.length === scanned) return false
      const window = text.slice(Math.max(0, scanned - OVERLAP))
      scanned = text.length
      return isBlocked(window)
    },
    texts: () => texts,
  }
}

function* intervene(
  last: AnswerEvent,
  message: string,
  { inputTokens, outputTokens = 0 }: Usage,
): Generator<AnswerEvent> {
  if (last.kind === 'block-delta') yield { kind: 'block-stop', block: last.block }
  const block = { kind: 'text', index: 'block' in last ? last.block.index + 1 : 0 } as const
  yield { kind: 'block-start', block }
  yield { kind: 'block-delta', block, text: message }
  yield { kind: 'block-stop', block }
  const usage = { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 }
  yield { kind: 'answer-stop', stopReason: 'guardrail_intervened', usage }
}
