import type { EventRuleModel, RuleTargetModel } from '../../../../local/template/model.ts'

export const OWNER = { accountId: '123456789012', region: 'eu-west-1' } as const

export function target(id: string, rest: Partial<RuleTargetModel> = {}): RuleTargetModel {
  return { id, arn: `arn:aws:lambda:::function:${id}`, service: 'lambda', resource: id, ...rest }
}

export function rule(name: string, rest: Partial<EventRuleModel> = {}): EventRuleModel {
  return { logicalId: name, name, eventBusName: 'default', enabled: true, targets: [target('Job')], ...rest }
}
