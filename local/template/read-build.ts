import { isObject, type JsonObject } from './json.ts'
import type { BuildModel } from './model.ts'

/** How `Metadata` says that a function or layer is built; undefined when it says nothing. */
export function readBuild(metadata: unknown): BuildModel | undefined {
  if (!isObject(metadata) || typeof metadata.BuildMethod !== 'string') return undefined
  const properties: JsonObject = isObject(metadata.BuildProperties) ? metadata.BuildProperties : {}
  return { method: metadata.BuildMethod, properties }
}
