export { type CallPipeline, type CallPipelineOptions, createCallPipeline, toModelRequest } from './call-pipeline.ts'
export type { CallStage, ModelCall, ModelOperation } from './model-call.ts'
export { readCallPipeline } from './read-call-pipeline.ts'
