import { join } from 'node:path'
import { parse } from 'yaml'

/** File that GET /openapi.json answers with. */
export const OPENAPI_JSON = join(import.meta.dirname, '..', 'layers', 'runtime', 'src', 'http', 'openapi.json')

/** Returns the JSON text of openapi.yaml. */
export function toOpenApiJson(yaml: string): string {
  return `${JSON.stringify(parse(yaml))}\n`
}
