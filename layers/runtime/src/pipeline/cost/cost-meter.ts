import type { RestReply } from '../../core/errors.ts'
import type { ModelCall, ModelOperation } from '../../core/model-call.ts'
import type { Frame } from '../../event-stream/frame-reader.ts'
import { addToConverseStream, addToNativeStream } from './add-to-stream.ts'
import { type DetailedUsage, unsaidCacheWrites } from './detailed-usage.ts'
import { type EstimatedCost, estimateCost } from './estimate-cost.ts'
import type { PriceBook } from './price-book.ts'
import { readDetailedUsage, readHeaders } from './read-detailed-usage.ts'

/** What is looked at of a call: the model that Bedrock is asked for, and what the price of its answer may depend on. */
export type PricedCall = Pick<ModelCall, 'operation' | 'modelId' | 'headers' | 'body' | 'facts'>

export interface CostMeter {
  /** To be called just after the call was sent: the price is looked up while Bedrock works. */
  begin(call: PricedCall): Bill
}

/** The cost of one call. Notes it among the call's facts, as `estimatedCostUsd`, where it is known. */
export interface Bill {
  /** Of an answer that has come whole. */
  ofReply(reply: Pick<RestReply, 'headers' | 'body'>): Promise<EstimatedCost>
  /**
   * Of a stream that has begun, as `estimatedCost` in the event that tells the usage: for forwardStream's `transform`.
   *
   * @param headers of Bedrock's answer
   */
  ofStream(headers: RestReply['headers']): Promise<(frame: Frame) => Frame>
}

/** The call must have left before the catalogue is read, which keeps the processor for some milliseconds, once. */
const LOOK_UP_AFTER_MS = 20

export function createCostMeter(prices: PriceBook): CostMeter {
  return {
    begin(call) {
      const { modelId } = call
      if (!prices.has(modelId)) setTimeout(() => prices.find(modelId), LOOK_UP_AFTER_MS).unref()
      return createBill(call, prices)
    },
  }
}

function createBill(call: PricedCall, prices: PriceBook): Bill {
  return {
    async ofReply(reply) {
      const price = await prices.find(call.modelId)
      return note(call, estimateCost(complete(readDetailedUsage(wholeOperation(call.operation), reply), call), price))
    },
    async ofStream(headers) {
      const price = await prices.find(call.modelId)
      const estimate = (usage: DetailedUsage) => note(call, estimateCost(complete(usage, call), price))
      if (call.operation === 'ConverseStream') return addToConverseStream(estimate)
      const told = readHeaders(headers)
      return addToNativeStream((usage) => estimate({ ...told, ...usage }), mayWriteForAnHour(call))
    },
  }
}

function wholeOperation(operation: ModelOperation): 'Converse' | 'InvokeModel' {
  return operation === 'Converse' || operation === 'ConverseStream' ? 'Converse' : 'InvokeModel'
}

function note({ facts }: PricedCall, cost: EstimatedCost): EstimatedCost {
  if (cost.usd !== null) facts.estimatedCostUsd = cost.usd
  return cost
}

/** What the answer leaves open and the request settles. */
function complete(usage: DetailedUsage, call: PricedCall): DetailedUsage {
  const { cacheWrite5mInputTokens = 0 } = usage
  const unsaid = unsaidCacheWrites(usage)
  return {
    ...usage,
    ...(unsaid > 0 && !mayWriteForAnHour(call) && { cacheWrite5mInputTokens: cacheWrite5mInputTokens + unsaid }),
    // Bedrock may serve another tier than was asked for: it is not known unless the answer says so.
    ...(usage.serviceTier === undefined && mayNameTier(call) && { serviceTier: UNSAID }),
    ...(usage.latency === undefined && mayNameLatency(call) && { latency: 'optimized' }),
  }
}

const UNSAID = 'that was asked for and not confirmed'

const HOUR = Buffer.from('"1h"')
const TIER = Buffer.from('"serviceTier"')
const OPTIMIZED = Buffer.from('"optimized"')

/** Five minutes is what a cache point means that does not say how long. */
function mayWriteForAnHour({ body }: PricedCall): boolean {
  return holds(body, HOUR)
}

function mayNameTier({ operation, headers, body }: PricedCall): boolean {
  if (wholeOperation(operation) === 'Converse') return holds(body, TIER)
  return (headers['x-amzn-bedrock-service-tier'] ?? 'default') !== 'default'
}

function mayNameLatency({ operation, headers, body }: PricedCall): boolean {
  if (wholeOperation(operation) === 'Converse') return holds(body, OPTIMIZED)
  return headers['x-amzn-bedrock-performanceconfig-latency'] === 'optimized'
}

/** A member's name or value as it is written; quotes inside a text are escaped, so that no prompt looks like one. */
function holds(body: Uint8Array, text: Buffer): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(text)
}
