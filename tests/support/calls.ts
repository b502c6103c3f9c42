import type { Bedrock } from '@bedrock-functions/runtime/bedrock'
import type { Facts, ModelCall } from '@bedrock-functions/runtime/core'
import type { Call } from '@bedrock-functions/runtime/http'
import { createPipeline, createPriceBook, createStoreLoader, type Pipeline } from '@bedrock-functions/runtime/pipeline'
import { isConverse } from '../../layers/runtime/src/core/model-call.ts'
import { applyEdits } from '../../layers/runtime/src/json/edit-json.ts'
import { readJsonIfAny, readJsonObject } from '../../layers/runtime/src/json/json-document.ts'
import { createActivityLog } from '../../layers/runtime/src/pipeline/activity/activity-log.ts'
import { createResponseCache } from '../../layers/runtime/src/pipeline/cache/response-cache.ts'
import type { PipelineOptions } from '../../layers/runtime/src/pipeline/pipeline.ts'
import { type CallStage, runStages, type StageOutcome } from '../../layers/runtime/src/pipeline/stage.ts'

export const MODELS = { region: 'us-east-1', residency: 'global', aliases: {} } as const

/**
 * Creates the pipeline of a stack without parameters, with changes. It schedules no price lookup, which could outlast the
 * test.
 */
export function createTestPipeline(bedrock: Bedrock, changes: Partial<PipelineOptions> = {}): Pipeline {
  const loadStore = createStoreLoader('')
  return createPipeline({
    bedrock,
    allowedModels: ['*'],
    models: MODELS,
    chains: [],
    content: () => ({}),
    prices: { ...createPriceBook({ region: MODELS.region }), prepare: () => undefined },
    responseCache: createResponseCache({ options: { responseCache: 'OFF', responseCacheSeconds: 1 }, loadStore }),
    activityLog: createActivityLog({ mode: 'OFF', loadStore }),
    ...changes,
  })
}

/** Bedrock that must not be called. */
export const UNCALLED: Bedrock = {
  send: () => Promise.reject(new Error('Bedrock was called')),
  openStream: () => Promise.reject(new Error('Bedrock was called')),
  openTurn: () => Promise.reject(new Error('Bedrock was called')),
}

/** Options of a call as `serve` makes them. Nothing ends the call, and deferred work is not done. */
export function callBasics(): Pick<Call, 'signal' | 'remainingMs' | 'defer'> & { readonly facts: Facts } {
  return { signal: new AbortController().signal, remainingMs: () => 60_000, defer: () => {}, facts: {} }
}

const NEVER = new AbortController().signal

/** Returns the call after a stage. */
export async function passStage(stage: CallStage, call: ModelCall): Promise<ModelCall> {
  return (await runStages(call, [stage], NEVER)).call
}

/** Returns the call after a synchronous stage. */
export function passStageAtOnce(stage: CallStage, call: ModelCall): ModelCall {
  const document = isConverse(call.operation) ? readJsonObject(call.body) : readJsonIfAny(call.body)
  const { edits = [], headers = call.headers, replyHeaders } = stage(call, document, NEVER) as StageOutcome
  return {
    ...call,
    headers,
    replyHeaders: { ...call.replyHeaders, ...replyHeaders },
    body: applyEdits(call.body, edits),
  }
}
