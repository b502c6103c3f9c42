import type { JsonObject } from './json.ts'
import type { EventRuleModel, FunctionModel, QueueModel, RuleTargetModel, StateMachineModel } from './model.ts'
import { createPropertyReader, type PropertyReader } from './read-property.ts'

/** What a rule can send events to. */
export interface RuleTargets {
  readonly functions: readonly FunctionModel[]
  readonly queues: readonly QueueModel[]
  readonly stateMachines: readonly StateMachineModel[]
}

const DEFAULT_EVENT_BUS = 'default'

/** An AWS::Events::Rule whose properties are resolved. */
export function readEventRule(logicalId: string, resource: JsonObject, known: RuleTargets): EventRuleModel {
  const reader = createPropertyReader(logicalId, resource).within('Properties')
  const pattern = readPattern(reader, 'EventPattern')
  const schedule = reader.optionalString('ScheduleExpression')
  if (!pattern && schedule === undefined) reader.fail('EventPattern', 'or ScheduleExpression is required')
  const targets = reader.list('Targets').map((_target, position) => readTarget(reader.item('Targets', position), known))
  const ids = targets.map(({ id }) => id)
  const twice = ids.find((id, position) => ids.indexOf(id) !== position)
  if (twice !== undefined) reader.fail('Targets', `has the Id ${twice} twice`)
  return {
    logicalId,
    name: reader.optionalString('Name') ?? logicalId,
    eventBusName: readEventBusName(reader),
    enabled: readState(reader),
    ...(pattern && { pattern }),
    ...(schedule !== undefined && { schedule }),
    targets,
  }
}

export function readPattern(reader: PropertyReader, name: string): JsonObject | undefined {
  return reader.has(name) ? reader.map(name) : undefined
}

export function readState(reader: PropertyReader): boolean {
  return reader.oneOf('State', ['ENABLED', 'DISABLED'], 'ENABLED') === 'ENABLED'
}

/** By name or ARN. */
export function readEventBusName(reader: PropertyReader): string {
  const written = reader.optionalString('EventBusName') ?? DEFAULT_EVENT_BUS
  const name = written.replace(/^arn:.*:event-bus\//, '')
  return name === DEFAULT_EVENT_BUS
    ? name
    : reader.fail('EventBusName', `is ${written}, the local stack has the default event bus only`)
}

/** What the target gets in the place of the event. EventBridge refuses an Input that is no JSON. */
export function readInput(reader: PropertyReader): Pick<RuleTargetModel, 'input' | 'inputPath'> {
  const input = reader.optionalString('Input')
  const inputPath = reader.optionalString('InputPath')
  if (input !== undefined && inputPath !== undefined) reader.fail('InputPath', 'cannot stand beside Input')
  if (input !== undefined && !isJson(input)) reader.fail('Input', `is not JSON: ${input}`)
  return { ...(input !== undefined && { input }), ...(inputPath !== undefined && { inputPath }) }
}

function readTarget(target: PropertyReader, known: RuleTargets): RuleTargetModel {
  const arn = target.string('Arn')
  return { id: target.string('Id'), arn, ...findTarget(arn, target, known), ...readInput(target) }
}

function findTarget(arn: string, target: PropertyReader, { functions, queues, stateMachines }: RuleTargets) {
  // An alias or version may follow the function's own ARN.
  const lambda = functions.find((candidate) => arn === candidate.arn || arn.startsWith(`${candidate.arn}:`))
  if (lambda) return { service: 'lambda', resource: lambda.functionName } as const
  const queue = queues.find((candidate) => arn === candidate.arn)
  if (queue) return { service: 'sqs', resource: queue.name } as const
  const stateMachine = stateMachines.find((candidate) => arn === candidate.arn)
  if (stateMachine) return { service: 'states', resource: stateMachine.name } as const
  return target.fail('Arn', `is ${arn}, which is neither a function nor a queue nor a state machine of this template`)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
