import type { JsonObject } from './json.ts'
import type { EventRuleModel, FunctionModel, RuleTargetModel } from './model.ts'
import { readEventBusName, readInput, readPattern, readState } from './read-event-rule.ts'
import { createPropertyReader, type PropertyReader } from './read-property.ts'
import { SAM_RULE_NAMES } from './resource-values.ts'

/** Length of EventBridge's longest Id. */
const MAX_TARGET_ID_LENGTH = 64

/**
 * Rules that SAM makes for a function's events, with SAM's logical ids.
 * Source: serverless-application-model, samtranslator/model/eventsources/push.py.
 */
export function readFunctionRules(model: FunctionModel, resource: JsonObject): EventRuleModel[] {
  return readRuleEvents(resource, {
    logicalId: model.logicalId,
    targetIdSuffix: 'LambdaTarget',
    target: { arn: model.arn, service: 'lambda', resource: model.functionName },
  })
}

/** Owner of the events, and SAM's name for the target of their rules. */
export interface RuleEventOwner {
  readonly logicalId: string
  readonly targetIdSuffix: string
  readonly target: Pick<RuleTargetModel, 'arn' | 'service' | 'resource'>
}

/** Rules of a resource's events with SAM's names; other types of events have no rules. */
export function readRuleEvents(
  resource: JsonObject,
  { logicalId: owner, targetIdSuffix, target }: RuleEventOwner,
): EventRuleModel[] {
  const reader = createPropertyReader(owner, resource).within('Properties')
  return Object.keys(reader.map('Events')).flatMap((name) => {
    const event = reader.within('Events').within(name)
    const logicalId = `${owner}${name}`
    const type = event.string('Type')
    const nameProperty = SAM_RULE_NAMES[type]
    if (nameProperty === undefined) return []
    const properties = event.within('Properties')
    const ruleTarget = {
      id:
        properties.within('Target').optionalString('Id') ??
        `${logicalId}${targetIdSuffix}`.slice(0, MAX_TARGET_ID_LENGTH),
      ...target,
      ...readInput(properties),
    }
    const common = { logicalId, name: properties.optionalString(nameProperty) ?? logicalId, targets: [ruleTarget] }
    return [type === 'Schedule' ? readSchedule(properties, common) : readRule(properties, common)]
  })
}

type Common = Pick<EventRuleModel, 'logicalId' | 'name' | 'targets'>

function readRule(event: PropertyReader, common: Common): EventRuleModel {
  return {
    ...common,
    eventBusName: readEventBusName(event),
    enabled: readState(event),
    pattern: readPattern(event, 'Pattern') ?? event.fail('Pattern', 'is required'),
  }
}

function readSchedule(event: PropertyReader, common: Common): EventRuleModel {
  if (event.has('Enabled') && event.has('State')) event.fail('State', 'and Enabled exclude each other')
  const enabled = event.has('Enabled') ? event.oneOf('Enabled', ['true', 'false'], 'true') === 'true' : readState(event)
  return { ...common, eventBusName: 'default', enabled, schedule: event.string('Schedule') }
}
