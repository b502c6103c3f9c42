import { asObject, isObject, type JsonValue, type PlainObject } from '../json/json-document.ts'
import { countLocally } from '../pipeline/cost/count-locally.ts'
import { estimateCall } from '../pipeline/cost/estimate-call.ts'
import type { PriceBook } from '../pipeline/cost/price-book.ts'
import type { BatchEstimate } from './batch.ts'

/** Records of the sample, spread over the beginning of the input. */
const SAMPLE_SIZE = 20
/** Every record up to the first, then every one of this many. */
const SAMPLE_STEP = 50

/** A sample of the records, whose tokens are counted. */
export interface Sample {
  add(modelInput: JsonValue): void
  /** Estimates the cost of all records by those of the sample. */
  estimate(options: {
    readonly modelId: string
    readonly records: number
    readonly prices: PriceBook
  }): Promise<BatchEstimate>
}

export function createSample(): Sample {
  let seen = 0
  let counted = 0
  let inputTokens = 0
  let maxTokens: number | undefined = 0
  return {
    add(modelInput) {
      seen += 1
      if (counted >= SAMPLE_SIZE || (seen > SAMPLE_SIZE / 2 && seen % SAMPLE_STEP !== 0)) return
      const body = asObject(modelInput.parse())
      const count = countLocally(body)
      if (!count) return
      counted += 1
      inputTokens += count.inputTokens
      const limit = readMaxTokens(body)
      maxTokens = limit === undefined || maxTokens === undefined ? undefined : maxTokens + limit
    },
    async estimate({ modelId, records, prices }) {
      const scale = counted === 0 ? 0 : records / counted
      const input = Math.round(inputTokens * scale)
      const call = { inputTokens: input, maxTokens: Math.round((maxTokens ?? 0) * scale) }
      const { inputUsd, maxOutputUsd } = estimateCall(call, await prices.find(modelId))
      const isKnown = counted > 0
      return {
        sampledRecords: counted,
        inputTokens: input,
        inputUsd: isKnown ? inputUsd : null,
        maxOutputUsd: isKnown && maxTokens !== undefined ? maxOutputUsd : null,
      }
    },
  }
}

const LIMITS = ['maxTokens', 'max_tokens', 'max_completion_tokens', 'max_new_tokens', 'max_gen_len', 'maxTokenCount']

/** Limit of the answer in a Converse or native body. */
function readMaxTokens(body: PlainObject): number | undefined {
  const places = [body, body.inferenceConfig, body.textGenerationConfig].filter(isObject)
  const values = places.flatMap((place) => LIMITS.map((name) => place[name]))
  return values.find((value) => typeof value === 'number')
}
