import type { JsonObject } from './json.ts'
import type { EventRuleModel, FunctionModel, QueueModel, RuleTargetModel, StateMachineModel } from './model.ts'
import { createPropertyReader, type PropertyReader } from './read-property.ts'
import { TemplateError } from './template-error.ts'

/** Possible targets of a rule. */
export interface RuleTargets {
  readonly functions: readonly FunctionModel[]
  readonly queues: readonly QueueModel[]
  readonly stateMachines: readonly StateMachineModel[]
}

const DEFAULT_EVENT_BUS = 'default'

/** Reads an AWS::Events::Rule whose properties are resolved. */
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

/** Reads the bus, by name or ARN. `requireEventBuses` checks that it exists. */
export function readEventBusName(reader: PropertyReader): string {
  const written = reader.optionalString('EventBusName') ?? DEFAULT_EVENT_BUS
  return written.replace(/^arn:.*:event-bus\//, '')
}

/** Reads the target's replacement for the event. EventBridge refuses an Input that is not JSON. */
export function readInput(reader: PropertyReader): Pick<RuleTargetModel, 'input' | 'inputPath'> {
  const input = reader.optionalString('Input')
  const inputPath = reader.optionalString('InputPath')
  if (input !== undefined && inputPath !== undefined) reader.fail('InputPath', 'and Input exclude each other')
  if (input !== undefined && !isJson(input)) reader.fail('Input', `is not JSON: ${input}`)
  return { ...(input !== undefined && { input }), ...(inputPath !== undefined && { inputPath }) }
}

/** Fails if a rule is on a bus that is neither the default one nor of the template. */
export function requireEventBuses(rules: readonly EventRuleModel[], resolved: ReadonlyMap<string, JsonObject>): void {
  const buses = [...resolved].filter(([, resource]) => resource.Type === 'AWS::Events::EventBus')
  const names = new Set([
    DEFAULT_EVENT_BUS,
    ...buses.map(([id, resource]) => createPropertyReader(id, resource).within('Properties').string('Name')),
  ])
  for (const { logicalId, eventBusName } of rules) {
    if (names.has(eventBusName)) continue
    throw new TemplateError([
      `${logicalId}: property EventBusName is ${eventBusName}, the local stack has only the buses ${[...names].join(', ')}`,
    ])
  }
}

function readTarget(target: PropertyReader, known: RuleTargets): RuleTargetModel {
  const arn = target.string('Arn')
  return { id: target.string('Id'), arn, ...findTarget(arn, target, known), ...readInput(target) }
}

function findTarget(arn: string, target: PropertyReader, { functions, queues, stateMachines }: RuleTargets) {
  // An alias or version may follow the function's ARN.
  const lambda = functions.find((candidate) => arn === candidate.arn || arn.startsWith(`${candidate.arn}:`))
  if (lambda) return { service: 'lambda', resource: lambda.functionName } as const
  const queue = queues.find((candidate) => arn === candidate.arn)
  if (queue) return { service: 'sqs', resource: queue.name } as const
  const stateMachine = stateMachines.find((candidate) => arn === candidate.arn)
  if (stateMachine) return { service: 'states', resource: stateMachine.name } as const
  return target.fail('Arn', `is ${arn}, which is not a function, queue or state machine of this template`)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
