import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DEFAULT_PORT, PORT_OFFSETS } from '../ports.ts'
import { checkResource } from './check-resource.ts'
import { checkRules } from './check-rules.ts'
import { parseCloudFormationYaml } from './cloudformation-yaml.ts'
import { resolveIntrinsics, type Scope } from './intrinsics.ts'
import { isObject, type JsonObject } from './json.ts'
import { mergeGlobals } from './merge-globals.ts'
import type { FunctionModel, LoadedTemplate, RestApiModel } from './model.ts'
import { resolveParameters } from './parameters.ts'
import { applyRule, type Findings, members } from './property-rules.ts'
import { readBucket } from './read-bucket.ts'
import { readEventRule, requireEventBuses } from './read-event-rule.ts'
import { readFunction, readFunctionUrl } from './read-function.ts'
import { readFunctionRules } from './read-function-rules.ts'
import { readLayer } from './read-layer.ts'
import { readQueue } from './read-queue.ts'
import { readRestApi } from './read-rest-api.ts'
import { readStateMachine } from './read-state-machine.ts'
import { readStateMachineRules } from './read-state-machine-rules.ts'
import { readTable } from './read-table.ts'
import { readUsagePlan } from './read-usage-plan.ts'
import { createStackScope } from './stack-scope.ts'
import { HONOURED_RESOURCES, INERT_RESOURCES, TEMPLATE_SECTIONS } from './supported-resources.ts'
import { TemplateError } from './template-error.ts'

export interface LoadTemplateOptions {
  /** Values that replace the template's defaults. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly region?: string
  readonly accountId?: string
  readonly stackName?: string
  /** First port of the local stack's block, for addresses in the template's values. 3000 by default. */
  readonly firstPort?: number
}

/** Account of AWS's documentation, which is clearly not a real one. */
export const LOCAL_ACCOUNT_ID = '123456789012'

/**
 * Reads a SAM template, resolves its intrinsics and sorts its content into honoured, inert and refused.
 * Throws a TemplateError that lists all problems, each with its resource and property.
 */
export function loadTemplate(path: string, options: LoadTemplateOptions = {}): LoadedTemplate {
  const { region = 'us-east-1', accountId = LOCAL_ACCOUNT_ID, stackName = 'local', firstPort = DEFAULT_PORT } = options
  const absolutePath = resolve(path)
  const directory = dirname(absolutePath)
  const template = readSections(absolutePath)
  const findings: Findings = { inert: [], refused: [] }
  applyRule(members(TEMPLATE_SECTIONS), template, 'template', findings)

  const resources = collectResources(section(template, 'Resources'), section(template, 'Globals'))
  const scope = createStackScope({
    region,
    accountId,
    stackName,
    functionUrl: `http://127.0.0.1:${firstPort + PORT_OFFSETS.functionUrl}/`,
    sqsUrl: `http://127.0.0.1:${firstPort + PORT_OFFSETS.sqs}`,
    parameters: resolveParameters(section(template, 'Parameters'), options.parameters ?? {}),
    mappings: section(template, 'Mappings'),
    conditions: section(template, 'Conditions'),
    resources,
  })

  checkRules(section(template, 'Rules'), scope)

  const resolved = new Map<string, JsonObject>()
  for (const [logicalId, { source, properties, type, condition }] of resources) {
    if (condition !== undefined && !scope.condition(condition)) continue
    const resource = { ...source, Properties: resolveProperties(logicalId, type, properties, scope) }
    checkResource(logicalId, resource, findings)
    resolved.set(logicalId, resource)
  }
  if (findings.refused.length > 0) throw new TemplateError(findings.refused)

  const ofType = (type: string) => [...resolved].filter(([, resource]) => resource.Type === type)
  const place = { region, accountId, directory }
  const layers = ofType('AWS::Serverless::LayerVersion').map(([id, resource]) => readLayer(id, resource, place))
  const buckets = ofType('AWS::S3::Bucket').map(([id, resource]) => readBucket(id, resource, stackName))
  const queues = ofType('AWS::SQS::Queue').map(([id, resource]) => readQueue(id, resource, place))
  const tables = ofType('AWS::DynamoDB::Table').map(([id, resource]) => readTable(id, resource, place))
  const urls = ofType('AWS::Lambda::Url').map(([id, resource]) => readFunctionUrl(id, resource))
  const functions = ofType('AWS::Serverless::Function').map(([id, resource]) =>
    readFunction(id, resource, { ...place, layers, queues, urls }),
  )
  for (const { id, target } of urls) {
    if (functions.some(({ functionUrl }) => functionUrl?.id === id)) continue
    throw new TemplateError([
      `a function URL is of ${target}, which is not a function of this template or has another URL`,
    ])
  }
  const restApis = ofType('AWS::Serverless::Api').map(([id, resource]) => readRestApi(id, resource, functions))
  const usagePlans = ofType('AWS::ApiGateway::UsagePlan').map(([id, resource]) => readUsagePlan(id, resource))
  const stateMachines = ofType('AWS::Serverless::StateMachine').map(([id, resource]) =>
    readStateMachine(id, resource, place),
  )
  const rules = [
    ...ofType('AWS::Events::Rule').map(([id, resource]) =>
      readEventRule(id, resource, { functions, queues, stateMachines }),
    ),
    ...functions.flatMap((model) => readFunctionRules(model, resolved.get(model.logicalId) ?? {})),
    ...stateMachines.flatMap((model) => readStateMachineRules(model, resolved.get(model.logicalId) ?? {})),
  ]
  requireEventBuses(rules, resolved)
  checkApiEvents(functions, restApis)
  return {
    path: absolutePath,
    directory,
    region,
    accountId,
    functions,
    layers,
    restApis,
    usagePlans,
    buckets,
    queues,
    tables,
    stateMachines,
    rules,
    outputs: readOutputs(section(template, 'Outputs'), scope),
    inert: findings.inert,
  }
}

function readSections(path: string): JsonObject {
  const template = parseCloudFormationYaml(readTemplate(path))
  if (!isObject(template)) throw new TemplateError([`${path} is not a CloudFormation template`])
  return template
}

function section(template: JsonObject, name: string): JsonObject {
  const value = template[name] ?? {}
  if (!isObject(value)) throw new TemplateError([`the section ${name} must be a map`])
  return value
}

function collectResources(declared: JsonObject, globals: JsonObject) {
  const resources = new Map<
    string,
    { type: string; condition: string | undefined; properties: JsonObject; source: JsonObject }
  >()
  for (const [logicalId, source] of Object.entries(declared)) {
    if (!isObject(source)) throw new TemplateError([`${logicalId}: a resource must be a map`])
    const own = isObject(source.Properties) ? source.Properties : {}
    resources.set(logicalId, {
      type: String(source.Type),
      condition: typeof source.Condition === 'string' ? source.Condition : undefined,
      properties: mergeGlobals(String(source.Type), own, globals, source.IgnoreGlobals),
      source,
    })
  }
  return resources
}

/** Resolves properties, but not inert ones: an attribute that only a policy uses may be missing locally. */
function resolveProperties(logicalId: string, type: string, properties: JsonObject, scope: Scope): JsonObject {
  if (Object.hasOwn(INERT_RESOURCES, type)) return properties
  const rule = HONOURED_RESOURCES[type]
  const rules = rule?.kind === 'members' ? rule.rules : {}
  const resolved: Record<string, unknown> = {}
  for (const [name, written] of Object.entries(properties)) {
    const value =
      rules[name]?.kind === 'inert' ? written : resolveIntrinsics(written, scope, `${logicalId}.Properties.${name}`)
    if (value !== undefined) resolved[name] = value
  }
  return resolved
}

/** An Api event adds no route to a definition body. Without a route there, the function would never be called. */
function checkApiEvents(functions: readonly FunctionModel[], restApis: readonly RestApiModel[]): void {
  for (const { logicalId, functionName, apiEvents } of functions) {
    for (const event of apiEvents) {
      const served = restApis
        .filter(({ id }) => event.restApiId === undefined || event.restApiId === id)
        .flatMap(({ operations }) => operations)
        .some(
          ({ resource, method, integration }) =>
            resource === event.path &&
            method.toLowerCase() === event.method &&
            integration.type === 'aws_proxy' &&
            integration.functionName === functionName,
        )
      if (!served) {
        throw new TemplateError([
          `${logicalId}.Events.${event.name}: no API of the template has ${event.method} ${event.path} for this function`,
        ])
      }
    }
  }
}

function readOutputs(outputs: JsonObject, scope: Scope): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, output] of Object.entries(outputs)) {
    if (!isObject(output)) continue
    if (typeof output.Condition === 'string' && !scope.condition(output.Condition)) continue
    values[name] = resolveIntrinsics(output.Value, scope, `Outputs.${name}`)
  }
  return values
}

function readTemplate(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new TemplateError([`The template ${path} cannot be read: ${(cause as Error).message}`], { cause })
  }
}
