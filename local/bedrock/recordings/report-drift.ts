import { type DriftResult, findDrift } from './drift.ts'
import type { BedrockAccess } from './options.ts'

/** Prints where answers of `bedrock` differ from the recordings. Returns true if none does. */
export async function reportDrift(directory: string, bedrock: string, access: BedrockAccess): Promise<boolean> {
  const results: DriftResult[] = []
  for await (const result of findDrift(directory, access)) {
    results.push(result)
    const { file, differences, skipped } = result
    for (const difference of differences) console.log(`${file}: ${difference}`)
    if (skipped !== undefined) console.log(`${file}: skipped, ${skipped}`)
  }
  const skippedCount = results.filter(({ skipped }) => skipped !== undefined).length
  const differentCount = results.filter(({ differences }) => differences.length > 0).length
  const compared = `${results.length - skippedCount} recordings compared with ${bedrock}`
  console.log(`${compared}, ${skippedCount} skipped, ${differentCount} differ`)
  return differentCount === 0
}
