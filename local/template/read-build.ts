import { isObject, type JsonObject } from './json.ts'
import type { BuildModel } from './model.ts'

/** Build settings in `Metadata` of a function or layer; undefined where there are none. */
export function readBuild(metadata: unknown): BuildModel | undefined {
  if (!isObject(metadata) || typeof metadata.BuildMethod !== 'string') return undefined
  const properties: JsonObject = isObject(metadata.BuildProperties) ? metadata.BuildProperties : {}
  return { method: metadata.BuildMethod, properties }
}
