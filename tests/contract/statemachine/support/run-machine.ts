import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../../../local/template/json.ts'
import type { Definition } from '../../../../local/workflow/definition/definition.ts'
import type { Resource } from '../../../../local/workflow/resources/resource.ts'
import { createRunner } from '../../../../local/workflow/run-execution.ts'
import { SUBSTITUTIONS } from './load-workflow.ts'

const TEXT = readFileSync(join(import.meta.dirname, '../../../../statemachines/inference.asl.json'), 'utf8')

export const CONVERSE = 'arn:aws:states:::aws-sdk:bedrockruntime:converse'
export const INVOKE_MODEL = 'arn:aws:states:::bedrock:invokeModel'
const LAMBDA_INVOKE = 'arn:aws:states:::lambda:invoke'

export interface MachineOptions {
  readonly substitutions?: Partial<Record<keyof typeof SUBSTITUTIONS, string>>
  /** Results of tasks by resource; by default a short answer of Converse, and of Claude. */
  readonly results?: Readonly<Record<string, unknown>>
  readonly region?: string
}

export const STATES_ANSWER = {
  Output: { Message: { Role: 'assistant', Content: [{ Text: 'Hello' }] } },
  StopReason: 'end_turn',
  Usage: { InputTokens: 10, OutputTokens: 5, TotalTokens: 15 },
}
const CLAUDE_ANSWER = { content: [{ type: 'text', text: 'Hello' }], usage: { input_tokens: 10, output_tokens: 5 } }

/** Creates the machine with tasks that only record their arguments and give fixed results. */
export function createMachine({ substitutions, results = {}, region = 'us-east-1' }: MachineOptions = {}) {
  const tasks: { readonly resource: string; readonly parameters: JsonObject }[] = []
  const given: Readonly<Record<string, unknown>> = {
    [CONVERSE]: STATES_ANSWER,
    [INVOKE_MODEL]: { Body: CLAUDE_ANSWER, ContentType: 'application/json' },
    [LAMBDA_INVOKE]: { Payload: { output: { message: {} }, stopReason: 'end_turn' } },
    ...results,
  }
  const record =
    (resource: string): Resource =>
    async (parameters) => {
      tasks.push({ resource, parameters })
      return given[resource]
    }
  const run = createRunner({
    definition: substitute({ ...SUBSTITUTIONS, ...substitutions, JobsBucket: 'jobs' }),
    resources: Object.fromEntries(Object.keys(given).map((resource) => [resource, record(resource)])),
  })
  return {
    tasks,
    async run(input: unknown) {
      const id = `arn:aws:states:${region}:123456789012:stateMachine:InferenceWorkflow`
      const end = await run(input, { Execution: { Name: 'one' }, StateMachine: { Id: id } })
      return { ...end, result: end.output === undefined ? undefined : JSON.parse(end.output) }
    },
  }
}

/** Definition without the checks of loadWorkflow, which take a second. */
function substitute(values: Readonly<Record<string, string>>): Definition {
  return JSON.parse(TEXT.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? ''))
}
