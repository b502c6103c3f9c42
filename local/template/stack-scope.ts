import { NO_VALUE, resolveIntrinsics, type Scope } from './intrinsics.ts'
import { isObject, type JsonObject } from './json.ts'
import type { ParameterValue } from './parameters.ts'
import {
  attributeValue,
  defaultName,
  functionArn,
  localIdentifier,
  NAME_PROPERTIES,
  type ReferencedResource,
  referenceValue,
  SAM_RULE_NAMES,
  type StackPlace,
} from './resource-values.ts'
import { TemplateError } from './template-error.ts'

export interface StackScopeOptions extends StackPlace {
  readonly parameters: ReadonlyMap<string, ParameterValue>
  readonly mappings: JsonObject
  readonly conditions: JsonObject
  /** Resources by logical id, merged with Globals. */
  readonly resources: ReadonlyMap<
    string,
    { readonly type: string; readonly condition: string | undefined; readonly properties: JsonObject }
  >
}

/** Values of one stack for intrinsic functions: parameters, mappings, conditions and resources. */
export function createStackScope(options: StackScopeOptions): Scope {
  const { parameters, mappings, conditions, resources, region, accountId, stackName } = options
  const pseudoParameters: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': accountId,
    'AWS::NoValue': NO_VALUE,
    'AWS::NotificationARNs': [],
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/${localIdentifier(stackName)}`,
    'AWS::StackName': stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  }
  // Names and conditions may refer to each other, but not in a circle.
  const inProgress = new Set<string>()

  function once<Value>(name: string, compute: () => Value): Value {
    if (inProgress.has(name)) throw new TemplateError([`${name} depends on itself`])
    inProgress.add(name)
    try {
      return compute()
    } finally {
      inProgress.delete(name)
    }
  }

  const scope: Scope = {
    reference(name) {
      if (Object.hasOwn(pseudoParameters, name)) return pseudoParameters[name]
      if (parameters.has(name)) return parameters.get(name)
      // SAM's `!Ref Api.Stage` and `!Ref Function.Alias`.
      const [logicalId = '', generated] = name.split('.')
      if (generated !== undefined) return generatedReference(logicalId, generated)
      const resource = find(name)
      if (resource?.type === 'AWS::Lambda::Alias') return aliasArn(resource)
      return referenceValue(resource ?? samRule(name) ?? samRole(name), options)
    },

    attribute(logicalId, attribute) {
      const resource = find(logicalId)
      if (resource) return attributeValue(resource, attribute, options)
      return attributeValue(samRule(logicalId) ?? samRole(logicalId), attribute, options)
    },

    condition(name) {
      if (!Object.hasOwn(conditions, name)) throw new TemplateError([`condition ${name} is not declared`])
      return once(`condition ${name}`, () => resolveIntrinsics(conditions[name], scope, `Conditions.${name}`) === true)
    },

    mapping(map, topLevelKey, secondLevelKey) {
      const keys = [map, topLevelKey, secondLevelKey]
      const value = keys.reduce<unknown>(
        (level, key) => (isObject(level) && Object.hasOwn(level, key) ? level[key] : undefined),
        mappings,
      )
      if (value === undefined) throw new TemplateError([`mapping ${keys.join('.')} does not exist`])
      return value
    },
  }

  function find(logicalId: string): ReferencedResource | undefined {
    const resource = resources.get(logicalId)
    if (!resource) return undefined
    if (resource.condition !== undefined && !scope.condition(resource.condition)) {
      throw new TemplateError([`${logicalId} is used, but its condition ${resource.condition} is false`])
    }
    const property = NAME_PROPERTIES[resource.type]
    const given = property === undefined ? undefined : resource.properties[property]
    const name = once(logicalId, () => resolveIntrinsics(given, scope, `${logicalId}.${property}`))
    return {
      logicalId,
      type: resource.type,
      name: String(name ?? defaultName(resource.type, logicalId, stackName)),
      properties: resource.properties,
    }
  }

  /** Function of a resource that SAM names by the function's logical id and `suffix`. */
  function functionOf(logicalId: string, suffix: string): ReferencedResource | undefined {
    if (!logicalId.endsWith(suffix)) return undefined
    const owner = find(logicalId.slice(0, -suffix.length))
    return owner?.type === 'AWS::Serverless::Function' ? owner : undefined
  }

  /** Name of a `<Function><Event>`, SAM's rule for an event of type EventBridgeRule or Schedule. */
  function samRule(logicalId: string): ReferencedResource | undefined {
    for (const [owner, { type, properties }] of resources) {
      if (type !== 'AWS::Serverless::Function' || !logicalId.startsWith(owner)) continue
      const eventName = logicalId.slice(owner.length)
      const events = isObject(properties.Events) ? properties.Events : {}
      if (!Object.hasOwn(events, eventName) || !find(owner)) continue
      const event = resolveIntrinsics(events[eventName], scope, `${owner}.Events.${eventName}`)
      const nameProperty = isObject(event) ? SAM_RULE_NAMES[String(event.Type)] : undefined
      if (!isObject(event) || nameProperty === undefined) continue
      const given = isObject(event.Properties) ? event.Properties[nameProperty] : undefined
      return { logicalId, type: 'AWS::Events::Rule', name: String(given ?? logicalId), properties: {} }
    }
    return undefined
  }

  /** SAM's implicit execution role, `<Function>Role`. */
  function samRole(logicalId: string): ReferencedResource {
    if (!functionOf(logicalId, 'Role')) throw new TemplateError([`${logicalId} is neither a parameter nor a resource`])
    return { logicalId, type: 'AWS::IAM::Role', name: logicalId, properties: {} }
  }

  function generatedReference(logicalId: string, generated: string): string {
    const resource = find(logicalId)
    if (resource?.type === 'AWS::Serverless::Api' && generated === 'Stage') {
      return String(resolveIntrinsics(resource.properties.StageName, scope, `${logicalId}.StageName`))
    }
    if (resource?.type === 'AWS::Serverless::Function' && generated === 'Alias') {
      const alias = resolveIntrinsics(resource.properties.AutoPublishAlias, scope, `${logicalId}.AutoPublishAlias`)
      return `${referenceArn(resource)}:${alias}`
    }
    throw new TemplateError([`${logicalId}.${generated} is not supported by the local stack`])
  }

  function aliasArn({ logicalId, properties }: ReferencedResource): string {
    const [name, alias] = ['FunctionName', 'Name'].map((property) =>
      resolveIntrinsics(properties[property], scope, `${logicalId}.${property}`),
    )
    return `${functionArn(String(name), options)}:${alias}`
  }

  function referenceArn(resource: ReferencedResource): string {
    return attributeValue(resource, 'Arn', options)
  }

  return scope
}
