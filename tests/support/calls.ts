import type { Call, Facts } from '@bedrock-functions/runtime/http'
import {
  createCallPipeline,
  createCostMeter,
  createLocationCheck,
  createMemory,
  createPriceBook,
  readMemoryConfiguration,
} from '@bedrock-functions/runtime/pipeline'

/** What a function's routes need beside Bedrock, as a stack without any parameters has it. */
export function callDependencies(allowedModels: readonly string[] = ['*']) {
  const models = { region: 'us-east-1', residency: 'global', aliases: {} } as const
  return {
    models,
    checkLocations: createLocationCheck({ inputLocations: [], uploadsBucket: 'jobs' }),
    pipeline: createCallPipeline({ configuration: { allowedModels }, models, chains: [], content: (call) => call }),
    meter: createCostMeter(createPriceBook({ region: models.region })),
    memory: createMemory(readMemoryConfiguration({})),
  }
}

/** The rest of a call, as `serve` makes it; nothing ends it, and what it puts off is not done. */
export function callBasics(): Pick<Call, 'signal' | 'remainingMs' | 'afterwards'> & { readonly facts: Facts } {
  return { signal: new AbortController().signal, remainingMs: () => 60_000, afterwards: () => {}, facts: {} }
}
