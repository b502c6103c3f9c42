import { isObject, type JsonObject } from './json.ts'

/** Section of Globals for each resource type. */
const GLOBALS_SECTIONS: Readonly<Record<string, string>> = {
  'AWS::Serverless::Function': 'Function',
  'AWS::Serverless::Api': 'Api',
  'AWS::Serverless::LayerVersion': 'LayerVersion',
  'AWS::Serverless::StateMachine': 'StateMachine',
}

/**
 * Merges the properties of Globals and of a resource as SAM does: maps member by member, lists by appending the resource's
 * to those of Globals; any other value of the resource replaces that of Globals.
 * IgnoreGlobals of a resource, a list of names or `*` for all, excludes properties of Globals.
 * Source: the SAM specification, docs/globals.rst, "Overridable".
 */
export function mergeGlobals(
  type: string,
  properties: JsonObject,
  globals: JsonObject,
  ignored: unknown = [],
): JsonObject {
  const section = GLOBALS_SECTIONS[type]
  const defaults = section === undefined ? undefined : globals[section]
  if (!isObject(defaults) || ignored === '*') return properties
  const names: readonly unknown[] = Array.isArray(ignored) ? ignored : []
  const wanted = Object.entries(defaults).filter(([name]) => !names.includes(name))
  return mergeMaps(Object.fromEntries(wanted), properties)
}

function mergeMaps(general: JsonObject, own: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...general }
  for (const [name, value] of Object.entries(own)) {
    merged[name] = Object.hasOwn(general, name) ? mergeValues(general[name], value) : value
  }
  return merged
}

function mergeValues(general: unknown, own: unknown): unknown {
  if (Array.isArray(general) && Array.isArray(own)) return [...general, ...own]
  if (isObject(general) && isObject(own) && !isIntrinsic(general) && !isIntrinsic(own)) return mergeMaps(general, own)
  return own
}

function isIntrinsic(value: JsonObject): boolean {
  const [name, ...others] = Object.keys(value)
  return others.length === 0 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))
}
