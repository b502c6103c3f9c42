import { type DriftResult, findDrift } from './drift.ts'
import type { BedrockAccess } from './options.ts'

/** Prints where answers differ from the recordings. Returns true if none does. */
export async function reportDrift(directory: string, access: BedrockAccess): Promise<boolean> {
  const results: DriftResult[] = []
  for await (const result of findDrift(directory, access)) {
    results.push(result)
    const { file, differences, skipped } = result
    for (const difference of differences) console.log(`${file}: ${difference}`)
    if (skipped !== undefined) console.log(`${file}: skipped, ${skipped}`)
  }
  const skippedCount = results.filter(({ skipped }) => skipped !== undefined).length
  const differentCount = results.filter(({ differences }) => differences.length > 0).length
  console.log(`${results.length - skippedCount} recordings compared, ${skippedCount} skipped, ${differentCount} differ`)
  return differentCount === 0
}
