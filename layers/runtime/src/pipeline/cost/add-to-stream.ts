import { withPayload } from '../../event-stream/encode-frame.ts'
import type { Frame } from '../../event-stream/frame-reader.ts'
import { readEventHead } from '../../event-stream/read-event-head.ts'
import { addMember } from '../../json/add-member.ts'
import { asDocument, asText, type DetailedUsage, type Document, parseDocument } from './detailed-usage.ts'
import type { EstimatedCost } from './estimate-cost.ts'
import { readConverseUsage, readInvocationMetrics } from './read-detailed-usage.ts'
import { readNativeUsage } from './read-native-usage.ts'

type Estimate = (usage: DetailedUsage) => EstimatedCost

/** The name of the member that is added. */
export const ESTIMATED_COST = 'estimatedCost'

/** ConverseStream: `estimatedCost` in `metadata`. Every other frame goes on as it is. */
export function addToConverseStream(estimate: Estimate): (frame: Frame) => Frame {
  return (frame) => {
    const { kind, name } = readEventHead(frame.headers)
    if (kind !== 'event' || name !== 'metadata') return frame
    return addCost(frame, estimate(readConverseUsage(parseDocument(frame.payload))))
  }
}

const INVOCATION_METRICS = 'amazon-bedrock-invocationMetrics'

/**
 * Bedrock's metrics by their name in base64: what it looks like there depends on where in the event it stands, modulo
 * three bytes. The digits that it shares with what stands beside it are left out. So that no other chunk is decoded.
 */
const METRICS_IN_BASE64 = [0, 1, 2].map((offset) => {
  const encoded = Buffer.from(' '.repeat(offset) + INVOCATION_METRICS).toString('base64')
  const wholeDigits = Math.floor((8 * (offset + INVOCATION_METRICS.length)) / 6)
  return Buffer.from(encoded.slice(Math.ceil((8 * offset) / 6), wholeDigits))
})

/**
 * InvokeModelWithResponseStream: `estimatedCost` beside `bytes` in the chunk that holds Bedrock's metrics.
 *
 * @param mayWriteForAnHour whether cache writes may be of two kinds, which only the model's first event tells apart
 */
export function addToNativeStream(estimate: Estimate, mayWriteForAnHour: boolean): (frame: Frame) => Frame {
  let begun: DetailedUsage | undefined
  return (frame) => {
    if (mayWriteForAnHour) begun ??= readNativeUsage(asDocument(readChunk(frame).message))
    if (!METRICS_IN_BASE64.some((name) => frame.payload.includes(name))) return frame
    const metrics = readChunk(frame)[INVOCATION_METRICS]
    if (metrics === undefined) return frame
    return addCost(frame, estimate({ ...begun, ...readInvocationMetrics(asDocument(metrics)) }))
  }
}

/** The model's own event inside a chunk. */
function readChunk({ payload }: Frame): Document {
  const bytes = asText(parseDocument(payload).bytes)
  return bytes === undefined ? {} : parseDocument(Buffer.from(bytes, 'base64'))
}

function addCost(frame: Frame, cost: EstimatedCost): Frame {
  return withPayload(frame, addMember(frame.payload, ESTIMATED_COST, cost))
}
