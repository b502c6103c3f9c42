import type { JsonObject } from './json.ts'
import type { EventRuleModel, StateMachineModel } from './model.ts'
import { readRuleEvents } from './read-function-rules.ts'

/**
 * Rules that SAM makes for a state machine's events.
 * Source: serverless-application-model, samtranslator/model/stepfunctions/events.py.
 */
export function readStateMachineRules(model: StateMachineModel, resource: JsonObject): EventRuleModel[] {
  return readRuleEvents(resource, {
    logicalId: model.logicalId,
    targetIdSuffix: 'StepFunctionsTarget',
    target: { arn: model.arn, service: 'states', resource: model.name },
  })
}
