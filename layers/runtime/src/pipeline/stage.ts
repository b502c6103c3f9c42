import { type Facts, isConverse, type ModelCall } from '../core/model-call.ts'
import { applyEdits, type JsonEdit } from '../json/edit-json.ts'
import { type JsonDocument, readJsonIfAny, readJsonObject } from '../json/json-document.ts'
import { mergeReplyHeaders } from './reply-headers.ts'

/** Changes that a stage makes to a call. */
export interface StageOutcome {
  /** Edits of the body as the caller sent it. */
  readonly edits?: readonly JsonEdit[]
  /** All headers of the call, if one has changed. */
  readonly headers?: ModelCall['headers']
  /** Headers for the answer, added to those of earlier stages. */
  readonly replyHeaders?: Readonly<Record<string, string>>
  /** Facts for the log. */
  readonly facts?: Facts
}

/**
 * Step between a caller's call and Bedrock.
 *
 * @param document parsed body; undefined for a native body that is not JSON
 * @param signal signal that ends the stage
 * @throws BedrockError for a call that is refused before it reaches Bedrock
 */
export type CallStage = (
  call: ModelCall,
  document: JsonDocument | undefined,
  signal: AbortSignal,
) => StageOutcome | Promise<StageOutcome>

/** Call as it is sent to Bedrock, with its parsed body as the caller sent it. */
export interface StagedCall {
  readonly call: ModelCall
  readonly document: JsonDocument | undefined
  /** Facts of all stages, for the log. */
  readonly facts: Facts
}

/**
 * Runs stages in order. The body is read once, and all edits are applied at the end. Bytes that no stage edits are not
 * changed.
 *
 * @throws BedrockError from the stages; ValidationException for a Converse document that is not JSON, and for any document
 *   that is nested too deeply
 */
export async function runStages(
  call: ModelCall,
  stages: readonly CallStage[],
  signal: AbortSignal,
): Promise<StagedCall> {
  const document = isConverse(call.operation) ? readJsonObject(call.body) : readJsonIfAny(call.body)
  let changed = call
  const edits: JsonEdit[] = []
  const facts: Facts = {}
  for (const stage of stages) {
    const outcome = await stage(changed, document, signal)
    edits.push(...(outcome.edits ?? []))
    Object.assign(facts, outcome.facts)
    changed = mergeHeaders(changed, outcome)
  }
  return { call: edits.length === 0 ? changed : { ...changed, body: applyEdits(call.body, edits) }, document, facts }
}

function mergeHeaders(call: ModelCall, { headers, replyHeaders }: StageOutcome): ModelCall {
  if (!headers && !replyHeaders) return call
  return {
    ...call,
    headers: headers ?? call.headers,
    replyHeaders: replyHeaders ? mergeReplyHeaders(call.replyHeaders, replyHeaders) : call.replyHeaders,
  }
}
