import { join } from 'node:path'
import type { StateMachineModel } from '../../../../local/template/model.ts'
import { readStateMachine } from '../../../../local/template/read-state-machine.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

/** Substitutions of the tests, as the template has them. */
export const SUBSTITUTIONS = {
  Partition: 'aws',
  InvokeEventFunction: 'InvokeEventFunction',
  StartJobEventFunction: 'StartJobEventFunction',
  PollJobEventFunction: 'PollJobEventFunction',
  DefaultModelId: 'global.anthropic.claude-sonnet-4-6',
  AllowedModels: '*',
  DirectModels: 'global.*',
  CallerUnit: 'ROLE',
  JobTokens: '4096',
} as const

/** Loads the state machine as the local stack does. */
export function loadWorkflow(bucket: string): StateMachineModel {
  return readStateMachine(
    'InferenceWorkflow',
    {
      Properties: {
        Type: 'EXPRESS',
        DefinitionUri: 'statemachines/inference.asl.json',
        DefinitionSubstitutions: { ...SUBSTITUTIONS, JobsBucket: bucket },
      },
    },
    { directory: ROOT, region: 'us-east-1', accountId: '123456789012' },
  )
}
