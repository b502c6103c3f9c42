import type { JsonText } from '../../json/write-json.ts'
import { invalidRequest } from './errors.ts'
import type { ModelFacts } from './model-facts.ts'

/** Efforts of OpenAI's API, the least first. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof EFFORTS)[number]

export interface EffortRequest {
  readonly effort: Effort
  /** Path of the member, for errors: `reasoning_effort` or `reasoning.effort`. */
  readonly param: string
  /** Limit of the answer, if the request has one. A budget for thinking must be below it. */
  readonly maxTokens: number | undefined
  /** True if the last answer used tools and its thinking did not come back with them. */
  readonly lacksThinking: boolean
}

/** Members of a Converse request that ask for an effort. */
export interface EffortPlan {
  /** `outputConfig.effort` */
  readonly effort?: string
  /** Members of `additionalModelRequestFields`. */
  readonly fields: Readonly<Record<string, JsonText>>
  /** True if the model is told to think. */
  readonly thinks: boolean
  /** Reason for which the effort is not passed on; absent: it is. */
  readonly dropped?: string
}

/** Budgets of Claude models that count tokens instead of efforts. 1,024 is the least that they accept. */
const BUDGETS: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: 1_024,
  low: 1_024,
  medium: 4_096,
  high: 16_384,
  xhigh: 24_576,
  max: 32_768,
}
const MIN_BUDGET = 1_024

/** Efforts of Nova. */
const NOVA_EFFORTS: Readonly<Partial<Record<Effort, string>>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
}

/**
 * Plans the reasoning of a call: Claude thinks, Nova 2 has `reasoningConfig`, models with the body of OpenAI's chat
 * completions have `reasoning_effort`.
 *
 * @throws BedrockError ValidationException for an effort that the model does not have
 */
export function planEffort(request: EffortRequest, model: ModelFacts): EffortPlan {
  const { effort, param } = request
  if (model.family === 'Claude') return planClaude(request, model)
  if (model.family === 'Nova') return planNova(request, model)
  if (model.family === 'chat completions' && model.reasoning !== false) {
    return { fields: { reasoning_effort: JSON.stringify(effort) }, thinks: effort !== 'none' }
  }
  if (effort === 'none') return { fields: {}, thinks: false }
  throw invalidRequest(
    param,
    `${param} is not supported by ${model.modelId}: leave it out.${model.family === undefined ? ' additional_model_request_fields may have what the model itself calls it.' : ''}`,
    'unsupported_parameter',
  )
}

function planClaude({ effort, param, maxTokens, lacksThinking }: EffortRequest, model: ModelFacts): EffortPlan {
  const kinds = model.thinking?.kinds ?? []
  if (effort === 'none') {
    if (kinds.length === 0) return { fields: {}, thinks: false }
    if (kinds.includes('disabled')) return { fields: { thinking: '{"type":"disabled"}' }, thinks: false }
    throw invalidRequest(param, `${model.modelId} always thinks: ${param} cannot be none.`, 'unsupported_value')
  }
  if (kinds.includes('adaptive')) {
    // Newer models leave out the text of their thinking unless they are asked for it.
    const display = model.thinking?.omitsText ? ',"display":"summarized"' : ''
    return {
      effort: effort === 'minimal' ? 'low' : effort,
      fields: { thinking: `{"type":"adaptive"${display}}` },
      thinks: true,
    }
  }
  if (!kinds.includes('enabled')) {
    throw invalidRequest(param, `${param} is not supported by ${model.modelId}: leave it out.`, 'unsupported_parameter')
  }
  // These models refuse results of tools without the thinking in front of the tool uses. Most clients do not keep it.
  if (lacksThinking) {
    return {
      fields: {},
      thinks: false,
      dropped: `${param}: the answer with the tool calls came back without its thinking_blocks`,
    }
  }
  const budget = Math.min(BUDGETS[effort], (maxTokens ?? Number.POSITIVE_INFINITY) - 1)
  if (budget < MIN_BUDGET) {
    throw invalidRequest(
      param,
      `${param} needs a limit of the answer above ${MIN_BUDGET} tokens with ${model.modelId}, it is ${maxTokens}.`,
      'unsupported_value',
    )
  }
  return { fields: { thinking: `{"type":"enabled","budget_tokens":${budget}}` }, thinks: true }
}

function planNova({ effort, param }: EffortRequest, model: ModelFacts): EffortPlan {
  if (effort === 'none') {
    return { fields: model.reasoning ? { reasoningConfig: '{"type":"disabled"}' } : {}, thinks: false }
  }
  const value = NOVA_EFFORTS[effort]
  if (model.reasoning === false || value === undefined) {
    const offered = model.reasoning === false ? 'leave it out' : `use ${Object.keys(NOVA_EFFORTS).join(', ')} or none`
    throw invalidRequest(
      param,
      `${param} ${effort} is not supported by ${model.modelId}: ${offered}.`,
      'unsupported_value',
    )
  }
  return { fields: { reasoningConfig: `{"type":"enabled","maxReasoningEffort":"${value}"}` }, thinks: true }
}
