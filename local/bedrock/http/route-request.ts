import { BedrockError } from '@bedrock-functions/runtime/core'
import { RECORD_OPERATION } from '../batch/record-operation.ts'
import { invokeModelBidirectional } from '../bidirectional/invoke-model-bidirectional.ts'
import { listFoundationModels } from '../control-plane/list-foundation-models.ts'
import { listInferenceProfiles } from '../control-plane/list-inference-profiles.ts'
import { listServiceQuotas } from '../control-plane/list-service-quotas.ts'
import {
  createModelInvocationJob,
  getModelInvocationJob,
  listModelInvocationJobs,
  stopModelInvocationJob,
} from '../control-plane/model-invocation-jobs.ts'
import { archiveProject, createProject, getProject, listProjects, updateProject } from '../control-plane/projects.ts'
import { anthropicContract } from '../doors/anthropic-contract.ts'
import { anthropicMessages } from '../doors/anthropic-messages/index.ts'
import type { Contract } from '../doors/contract.ts'
import { openaiChatCompletions } from '../doors/openai-chat/index.ts'
import { openaiContract } from '../doors/openai-contract.ts'
import {
  cancelOpenaiResponse,
  deleteOpenaiResponse,
  getOpenaiResponse,
  openaiResponses,
} from '../doors/openai-responses/index.ts'
import { clearFaults, listFaults, setFault } from '../faults/control-faults.ts'
import { malformedInput, validationError } from '../messages.ts'
import { applyGuardrail } from '../operations/apply-guardrail.ts'
import { converse } from '../operations/converse.ts'
import { converseStream } from '../operations/converse-stream.ts'
import { countTokens } from '../operations/count-tokens.ts'
import { getAsyncInvoke } from '../operations/get-async-invoke.ts'
import { invokeGuardrailChecks } from '../operations/invoke-guardrail-checks.ts'
import { invokeModel } from '../operations/invoke-model.ts'
import { invokeModelStream } from '../operations/invoke-model-stream.ts'
import { listAsyncInvokes } from '../operations/list-async-invokes.ts'
import type { Operation, OperationAnswer } from '../operations/operation.ts'
import { startAsyncInvoke } from '../operations/start-async-invoke.ts'

interface Route {
  readonly name: string
  readonly method: string
  /**
   * Segments and labels. A label that ends in + matches all remaining segments: an ARN may have raw slashes there. Bedrock is
   * known to refuse them in the ARN of a model.
   */
  readonly segments: readonly string[]
  readonly operation: Operation<OperationAnswer>
  /** The operation reads the request while it answers. */
  readonly isBidirectional?: boolean
  /** Contract other than Bedrock's own, for failures. */
  readonly contract?: Contract
  /** Member of the body that names the model, for routes without it in the path. */
  readonly modelMember?: string
}

const ROUTES: readonly Route[] = [
  { name: 'Converse', method: 'POST', segments: ['model', '{modelId}', 'converse'], operation: converse },
  { name: 'InvokeModel', method: 'POST', segments: ['model', '{modelId}', 'invoke'], operation: invokeModel },
  {
    name: 'ConverseStream',
    method: 'POST',
    segments: ['model', '{modelId}', 'converse-stream'],
    operation: converseStream,
  },
  {
    name: 'InvokeModelWithResponseStream',
    method: 'POST',
    segments: ['model', '{modelId}', 'invoke-with-response-stream'],
    operation: invokeModelStream,
  },
  {
    name: 'InvokeModelWithBidirectionalStream',
    method: 'POST',
    segments: ['model', '{modelId}', 'invoke-with-bidirectional-stream'],
    operation: invokeModelBidirectional,
    isBidirectional: true,
  },
  { name: 'CountTokens', method: 'POST', segments: ['model', '{modelId}', 'count-tokens'], operation: countTokens },
  {
    name: 'ApplyGuardrail',
    method: 'POST',
    segments: ['guardrail', '{guardrailIdentifier+}', 'version', '{guardrailVersion}', 'apply'],
    operation: applyGuardrail,
  },
  {
    name: 'InvokeGuardrailChecks',
    method: 'POST',
    segments: ['guardrail-checks', 'invoke'],
    operation: invokeGuardrailChecks,
  },
  {
    name: 'StartAsyncInvoke',
    method: 'POST',
    segments: ['async-invoke'],
    operation: startAsyncInvoke,
    modelMember: 'modelId',
  },
  { name: 'ListAsyncInvokes', method: 'GET', segments: ['async-invoke'], operation: listAsyncInvokes },
  {
    name: 'GetAsyncInvoke',
    method: 'GET',
    segments: ['async-invoke', '{invocationArn+}'],
    operation: getAsyncInvoke,
  },
  {
    name: 'AnthropicMessages',
    method: 'POST',
    segments: ['anthropic', 'v1', 'messages'],
    operation: anthropicMessages,
    contract: anthropicContract,
    modelMember: 'model',
  },
  {
    name: 'OpenAIChatCompletions',
    method: 'POST',
    segments: ['openai', 'v1', 'chat', 'completions'],
    operation: openaiChatCompletions,
    contract: openaiContract,
    modelMember: 'model',
  },
  {
    name: 'OpenAIResponses',
    method: 'POST',
    segments: ['openai', 'v1', 'responses'],
    operation: openaiResponses,
    contract: openaiContract,
    modelMember: 'model',
  },
  {
    name: 'GetOpenAIResponse',
    method: 'GET',
    segments: ['openai', 'v1', 'responses', '{responseId}'],
    operation: getOpenaiResponse,
    contract: openaiContract,
  },
  {
    name: 'DeleteOpenAIResponse',
    method: 'DELETE',
    segments: ['openai', 'v1', 'responses', '{responseId}'],
    operation: deleteOpenaiResponse,
    contract: openaiContract,
  },
  {
    name: 'CancelOpenAIResponse',
    method: 'POST',
    segments: ['openai', 'v1', 'responses', '{responseId}', 'cancel'],
    operation: cancelOpenaiResponse,
    contract: openaiContract,
  },
]

/** Routes that the emulator itself answers, also when it records or replays. */
const LOCAL_ROUTES: readonly Route[] = [
  // The control plane has another host in AWS and the same port here.
  { name: 'ListFoundationModels', method: 'GET', segments: ['foundation-models'], operation: listFoundationModels },
  { name: 'ListInferenceProfiles', method: 'GET', segments: ['inference-profiles'], operation: listInferenceProfiles },
  // Service Quotas has another host, too. Its protocol names the operation in a header.
  { name: 'ListServiceQuotas', method: 'POST', segments: [''], operation: listServiceQuotas },
  {
    name: 'CreateModelInvocationJob',
    method: 'POST',
    segments: ['model-invocation-job'],
    operation: createModelInvocationJob,
    modelMember: 'modelId',
  },
  {
    name: 'ListModelInvocationJobs',
    method: 'GET',
    segments: ['model-invocation-jobs'],
    operation: listModelInvocationJobs,
  },
  {
    name: 'GetModelInvocationJob',
    method: 'GET',
    segments: ['model-invocation-job', '{jobIdentifier+}'],
    operation: getModelInvocationJob,
  },
  {
    name: 'StopModelInvocationJob',
    method: 'POST',
    segments: ['model-invocation-job', '{jobIdentifier+}', 'stop'],
    operation: stopModelInvocationJob,
  },
  // Routes of the emulator itself. No path of Bedrock begins with an underscore.
  { name: 'SetFault', method: 'PUT', segments: ['_emulator', 'faults'], operation: setFault },
  { name: 'ListFaults', method: 'GET', segments: ['_emulator', 'faults'], operation: listFaults },
  { name: 'ClearFaults', method: 'DELETE', segments: ['_emulator', 'faults'], operation: clearFaults },
  { name: 'CreateProject', method: 'POST', segments: ['projects'], operation: createProject },
  { name: 'ListProjects', method: 'GET', segments: ['projects'], operation: listProjects },
  {
    name: 'ArchiveProject',
    method: 'POST',
    segments: ['projects', '{projectIdentifier+}', 'archive'],
    operation: archiveProject,
  },
  { name: 'GetProject', method: 'GET', segments: ['projects', '{projectIdentifier+}'], operation: getProject },
  { name: 'UpdateProject', method: 'POST', segments: ['projects', '{projectIdentifier+}'], operation: updateProject },
]

/** Operations of Bedrock that faults may name, and the records of batch jobs; without those of the emulator itself. */
export const BEDROCK_OPERATIONS: readonly string[] = [
  ...[...ROUTES, ...LOCAL_ROUTES].filter(({ segments }) => segments[0] !== '_emulator').map(({ name }) => name),
  RECORD_OPERATION,
]

export interface RoutedRequest {
  readonly name: string
  readonly operation: Operation<OperationAnswer>
  readonly isLocal: boolean
  /** True if the operation reads the request while it answers. */
  readonly isBidirectional: boolean
  readonly contract: Contract | undefined
  readonly modelMember: string | undefined
  /** Path labels, each decoded once. */
  readonly labels: Readonly<Record<string, string>>
  /** Model, guardrail or invocation in the path; empty without one. */
  readonly resource: string
}

/**
 * Finds the operation of a raw path (no query). UnknownOperationException for an unknown path or method;
 * ValidationException for a malformed escape.
 */
export function routeRequest(method: string, path: string): RoutedRequest {
  const segments = path.split('/').slice(1)
  for (const route of [...ROUTES, ...LOCAL_ROUTES]) {
    const labels = route.method === method ? matchSegments(route.segments, segments) : undefined
    if (!labels) continue
    const [resource = ''] = Object.values(labels)
    const { name, operation, isBidirectional = false, contract, modelMember } = route
    const isLocal = LOCAL_ROUTES.includes(route)
    return { name, operation, isLocal, isBidirectional, contract, modelMember, labels, resource }
  }
  throw new BedrockError('UnknownOperationException', 'The requested operation is not recognized by the service.')
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const surplus = segments.length - pattern.length
  if (surplus < 0) return undefined
  const labels: Record<string, string> = {}
  let position = 0
  for (const expected of pattern) {
    const taken = segments.slice(position, position + (expected.endsWith('+}') ? surplus + 1 : 1))
    position += taken.length
    const [, label] = /^\{(\w+)\+?\}$/.exec(expected) ?? []
    if (label === undefined && taken[0] !== expected) return undefined
    if (label !== undefined) labels[label] = taken.join('/')
  }
  if (position < segments.length) return undefined
  return Object.fromEntries(Object.entries(labels).map(([label, raw]) => [label, decodeLabel(label, raw)]))
}

function decodeLabel(label: string, raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch (error) {
    throw Object.assign(validationError(malformedInput(`the escapes of ${label} in the path are malformed`)), {
      cause: error,
    })
  }
}
