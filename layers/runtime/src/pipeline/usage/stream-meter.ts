import type { StreamProgress } from '../../bedrock/read-usage.ts'
import { type DetailedUsage, isDoor, type ModelCall, type StreamEnd, summarizeUsage } from '../../core/model-call.ts'
import type { Frame } from '../../event-stream/frames.ts'
import type { ModelPrice } from '../../models/model-row.ts'
import { completeUsage, estimateCost, type PriceTerms } from '../cost/estimate-cost.ts'
import type { CountedCall } from './usage-entry.ts'

export interface StreamMeterOptions {
  /** Call as it was sent to Bedrock. */
  readonly call: ModelCall
  readonly terms: PriceTerms
  readonly findPrice: () => Promise<ModelPrice | undefined>
  /** Usage in the headers of the stream. */
  readonly stated: DetailedUsage
}

/** Meter of a stream for the ledger. */
export interface StreamMeter {
  /** Progress that also keeps the bytes of the answer's text. */
  readonly progress: StreamProgress
  measure(end: Pick<StreamEnd, 'ended'>): Promise<CountedCall>
}

/**
 * Creates the meter of a stream. A stream that ends before Bedrock states its usage, since it broke or the caller left it, is
 * paid for: its usage is estimated from the request and from the text that came.
 */
export function createStreamMeter(
  progress: StreamProgress,
  { call, terms, findPrice, stated }: StreamMeterOptions,
): StreamMeter {
  const payloads: Buffer[] = []
  let bytes = 0
  const following: StreamProgress = Object.create(progress, {
    observe: {
      value(frame: Frame) {
        const failure = progress.observe(frame)
        bytes += frame.payload.length
        // A copy: the payload is a view into a piece that may be large and should be released.
        if (!failure && bytes <= MAX_FOLLOWED_BYTES) payloads.push(Buffer.from(frame.payload))
        return failure
      },
    },
  })

  return {
    progress: following,
    async measure({ ended }) {
      const kind = ended === 'complete' || ended === 'client-gone' ? {} : ({ kind: 'errors' } as const)
      const reported = { ...stated, ...progress.usage }
      // Anthropic's contract states a first usage at the start.
      const isReported = progress.usageFrame && (progress.complete || !isDoor(call.operation))
      if (isReported) {
        const { usd } = estimateCost(completeUsage(reported, terms), await findPrice())
        return { usage: summarizeUsage(reported), usd, ...kind }
      }
      const { estimateStream } = await import('./estimate-stream.ts')
      const usage = estimateStream(call, reported, payloads)
      const { usd } = estimateCost(completeUsage(usage, terms), await findPrice())
      return { usage: summarizeUsage(usage), usd, isEstimated: true, ...kind }
    },
  }
}

/** Limit of the events that are kept for an estimate, in bytes, for the function's memory. */
const MAX_FOLLOWED_BYTES = 4 * 1024 * 1024
