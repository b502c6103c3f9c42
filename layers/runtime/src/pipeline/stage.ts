import { isConverse, type ModelCall } from '../core/model-call.ts'
import { applyEdits, type JsonEdit } from '../json/edit-json.ts'
import { type JsonDocument, readJsonIfAny, readJsonObject } from '../json/json-document.ts'
import { mergeReplyHeaders } from './reply-headers.ts'

/** The changes that a stage makes to a call. */
export interface StageOutcome {
  /** Of the body as the caller sent it. */
  readonly edits?: readonly JsonEdit[]
  /** All headers of the call, where one has changed. */
  readonly headers?: ModelCall['headers']
  /** For the answer, beside those of earlier stages. */
  readonly replyHeaders?: Readonly<Record<string, string>>
}

/**
 * A step between a caller's call and Bedrock.
 *
 * @param document the body, read; undefined for a native body that is no JSON
 * @param signal ends what the stage waits for
 * @throws BedrockError for a call that is refused before Bedrock is called
 */
export type CallStage = (
  call: ModelCall,
  document: JsonDocument | undefined,
  signal: AbortSignal,
) => StageOutcome | Promise<StageOutcome>

/** A call as it goes to Bedrock, and its body as the caller sent it. */
export interface StagedCall {
  readonly call: ModelCall
  readonly document: JsonDocument | undefined
}

/**
 * Runs stages in their order. The body is read once, and all edits of it are made at the end; what no stage edits stays the
 * caller's own bytes.
 *
 * @throws BedrockError as the stages do; ValidationException for a Converse document that is not JSON, and for any that is
 *   nested too deeply
 */
export async function runStages(
  call: ModelCall,
  stages: readonly CallStage[],
  signal: AbortSignal,
): Promise<StagedCall> {
  const document = isConverse(call.operation) ? readJsonObject(call.body) : readJsonIfAny(call.body)
  let changed = call
  const edits: JsonEdit[] = []
  for (const stage of stages) {
    const outcome = await stage(changed, document, signal)
    edits.push(...(outcome.edits ?? []))
    changed = mergeHeaders(changed, outcome)
  }
  return { call: edits.length === 0 ? changed : { ...changed, body: applyEdits(call.body, edits) }, document }
}

function mergeHeaders(call: ModelCall, { headers, replyHeaders }: StageOutcome): ModelCall {
  if (!headers && !replyHeaders) return call
  return {
    ...call,
    headers: headers ?? call.headers,
    replyHeaders: replyHeaders ? mergeReplyHeaders(call.replyHeaders, replyHeaders) : call.replyHeaders,
  }
}
