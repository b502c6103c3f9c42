import { readFile } from 'node:fs/promises'
import { parseCloudFormationYaml } from '../../local/template/cloudformation-yaml.ts'

/** Reads the Regions without function URLs from the condition HasFunctionUrls of the template. */
export async function readRegionsWithoutUrls(templatePath: string): Promise<readonly string[]> {
  const { Conditions } = parseCloudFormationYaml(await readFile(templatePath, 'utf8')) as {
    Conditions: Record<string, unknown>
  }
  return collectEquals(Conditions.HasFunctionUrls)
}

/** Second values of all `Fn::Equals` in a condition. */
function collectEquals(condition: unknown): string[] {
  if (Array.isArray(condition)) return condition.flatMap(collectEquals)
  if (typeof condition !== 'object' || condition === null) return []
  return Object.entries(condition).flatMap(([name, value]) =>
    name === 'Fn::Equals' ? [String((value as unknown[])[1])] : collectEquals(value),
  )
}
