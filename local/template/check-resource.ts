import { isObject, type JsonObject } from './json.ts'
import { applyRule, type Findings, type PropertyRule } from './property-rules.ts'
import { HONOURED_RESOURCES, INERT_RESOURCES, RESOURCE_ATTRIBUTES } from './supported-resources.ts'

/** Sorts a resource and its properties, with intrinsics resolved, into honoured, inert and refused. */
export function checkResource(logicalId: string, resource: JsonObject, findings: Findings): void {
  const type = String(resource.Type)
  const inertReason = Object.hasOwn(INERT_RESOURCES, type) ? INERT_RESOURCES[type] : undefined
  const properties = Object.hasOwn(HONOURED_RESOURCES, type) ? HONOURED_RESOURCES[type] : undefined
  if (inertReason !== undefined) {
    findings.inert.push({ path: `${logicalId} (${type})`, reason: inertReason })
    return
  }
  if (properties === undefined) {
    findings.refused.push(`${logicalId}: resource type ${type} is not supported by the local stack`)
    return
  }
  for (const [name, value] of Object.entries(resource)) {
    if (name === 'Properties') applyRule(properties, value, logicalId, findings)
    else applyAttributeRule(logicalId, name, value, findings)
  }
}

function applyAttributeRule(logicalId: string, name: string, value: unknown, findings: Findings): void {
  const attributes: Readonly<Record<string, PropertyRule>> = RESOURCE_ATTRIBUTES
  const rule = Object.hasOwn(attributes, name) ? attributes[name] : undefined
  if (!rule) findings.refused.push(`${logicalId}: attribute ${name} is not supported by the local stack`)
  else if (name !== 'Metadata' || isObject(value)) applyRule(rule, value, `${logicalId}.${name}`, findings)
}
