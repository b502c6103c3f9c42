import type { Bedrock } from '../bedrock/bedrock-client.ts'
import { readUsage, type Usage } from '../bedrock/read-usage.ts'
import { BEDROCK_ERROR_STATUS, BedrockError, isBedrockErrorType, RestError } from '../core/errors.ts'
import type { ModelOperation } from '../core/model-call.ts'
import { collectConverse } from '../event-stream/collect-converse.ts'
import type { FrameSource } from '../event-stream/frame-source.ts'
import { readEventHead } from '../event-stream/read-event-head.ts'
import { type CallPipeline, toModelRequest } from '../pipeline/call-pipeline.ts'
import type { Bill, CostMeter } from '../pipeline/cost/cost-meter.ts'
import type { EstimatedCost } from '../pipeline/cost/estimate-cost.ts'
import type { JobRequest } from './documents.ts'

export interface ModelAnswer {
  readonly body: Uint8Array
  readonly contentType: string
  readonly usage: Usage
  readonly estimatedCost: EstimatedCost
}

export interface CallModelDependencies {
  readonly bedrock: Bedrock
  readonly meter: CostMeter
  readonly pipeline: Pick<CallPipeline, 'prepare' | 'explain'>
}

/**
 * One call of the model, without retries. A Converse job streams, so that no idle limit on the way cuts a long answer; a
 * model that does not stream is called plainly.
 *
 * @throws RestError as Bedrock refuses it or as the stream breaks; the signal's reason
 */
export async function callModel(
  { bedrock, meter, pipeline }: CallModelDependencies,
  { kind, modelId, headers = {}, caller }: Pick<JobRequest, 'kind' | 'modelId' | 'headers' | 'caller'>,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const prepare = (operation: ModelOperation) =>
    pipeline.prepare({ operation, modelId, headers, body, isShownWhole: true, caller, replyHeaders: {}, facts: {} })
  const explain = (error: unknown) => {
    throw pipeline.explain(error, modelId)
  }
  const send = async (operation: 'Converse' | 'InvokeModel'): Promise<ModelAnswer> => {
    const call = await prepare(operation)
    const sending = bedrock.send(toModelRequest(call), { signal, retry: false })
    const bill = meter.begin(call)
    const reply = await sending.catch(explain)
    return {
      body: reply.body,
      contentType: reply.headers['content-type'] ?? 'application/json',
      usage: readUsage(operation, reply),
      estimatedCost: await bill.ofReply(reply),
    }
  }
  if (kind !== 'converse') return send('InvokeModel')
  const call = await prepare('ConverseStream')
  let source: FrameSource
  try {
    ;({ source } = await bedrock.openStream(toModelRequest(call), { signal, retry: false }))
  } catch (error) {
    const streamsNot =
      error instanceof RestError && error.name === 'ValidationException' && /stream/i.test(error.message)
    return streamsNot ? send('Converse') : explain(error)
  }
  return collect(source, signal, meter.begin(call))
}

async function collect(source: FrameSource, signal: AbortSignal, bill: Bill): Promise<ModelAnswer> {
  const collector = collectConverse()
  let wake = () => {}
  const onAbort = () => wake()
  source.onChange = () => wake()
  signal.addEventListener('abort', onAbort)
  try {
    while (true) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
      })
      signal.throwIfAborted()
      const frames = source.take()
      if (frames === undefined) break
      if (frames.length === 0) await changed
      for (const frame of frames) {
        const { kind, name, errorMessage } = readEventHead(frame.headers)
        if (kind !== 'event') throw streamFailure(name, errorMessage ?? readMessage(frame.payload))
        collector.add(name, frame)
      }
    }
  } catch (error) {
    if (signal.aborted || error instanceof RestError) throw error
    throw new BedrockError('ModelStreamErrorException', "The model's stream broke before its end.", { cause: error })
  } finally {
    signal.removeEventListener('abort', onAbort)
    source.onChange = () => {}
    source.destroy()
  }
  if (!collector.isComplete) {
    throw new BedrockError('ModelStreamErrorException', "The model's stream ended without its end.")
  }
  const body = Buffer.from(JSON.stringify(collector.answer))
  const contentType = 'application/json'
  const usage = readUsage('Converse', { statusCode: 200, headers: {}, body })
  return { body, contentType, usage, estimatedCost: await bill.ofReply({ headers: {}, body }) }
}

function streamFailure(name: string, message: string): RestError {
  const type = name.charAt(0).toUpperCase() + name.slice(1)
  return new RestError(type, isBedrockErrorType(type) ? BEDROCK_ERROR_STATUS[type] : 500, message)
}

function readMessage(payload: Buffer): string {
  try {
    const { message, Message } = JSON.parse(payload.toString()) as { message?: unknown; Message?: unknown }
    return String(message ?? Message ?? '')
  } catch {
    return ''
  }
}
