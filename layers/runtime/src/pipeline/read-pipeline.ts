import type { Bedrock } from '../bedrock/bedrock-client.ts'
import type { Configuration } from '../core/configuration.ts'
import { createStoreLoader } from '../core/store-loader.ts'
import { readModelOptions } from '../models/read-model-options.ts'
import { createActivityLog } from './activity/activity-log.ts'
import { createResponseCache } from './cache/response-cache.ts'
import { readCallerProjects } from './caller-projects.ts'
import { readContentOptions } from './content/content-options.ts'
import { createContentStage } from './content/content-stage.ts'
import { createPriceBook } from './cost/price-book.ts'
import { readFallbackChains } from './fallback/fallback-chains.ts'
import { type GuardrailOptions, readGuardrailOptions } from './guardrail/guardrail-options.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import type { CallStage } from './stage.ts'
import { readStorageOptions } from './storage-options.ts'
import { readBudgetGate } from './usage/budget-gate.ts'
import { readTableLoader, readUsageLedger } from './usage/usage-ledger.ts'

/**
 * Creates the pipeline from the template's parameters.
 *
 * @throws ConfigurationError that names the variable
 */
export function readPipeline(
  environment: Readonly<Record<string, string | undefined>>,
  { allowedModels }: Pick<Configuration, 'allowedModels'>,
  bedrock: Bedrock,
): Pipeline {
  const guardrail = readGuardrailOptions(environment)
  const storage = readStorageOptions(environment)
  // Without a bucket the store is never loaded.
  const loadStore = createStoreLoader(storage.bucket ?? '')
  const models = readModelOptions(environment)
  const prices = createPriceBook({ region: models.region })
  const loadTable = readTableLoader(environment)
  return createPipeline({
    bedrock,
    allowedModels,
    models,
    chains: readFallbackChains(environment),
    callerProjects: readCallerProjects(environment),
    content: createContentStage(readContentOptions(environment)),
    guardrail: guardrail && createLateGuard(guardrail, bedrock),
    prices,
    responseCache: createResponseCache({ options: storage, loadStore }),
    activityLog: createActivityLog({ mode: storage.activityLog, loadStore }),
    usageLedger: readUsageLedger(environment, loadStore, loadTable),
    budgetGate: readBudgetGate(environment, loadTable, prices),
  })
}

/** Returns the guardrail's stage. It is loaded with the first call, since most stacks have no guardrail. */
function createLateGuard(options: GuardrailOptions, bedrock: Bedrock): CallStage {
  let loading: Promise<CallStage> | undefined
  return async (call, document, signal) => {
    loading ??= import('./guardrail/guardrail-stage.ts').then(({ createGuardrailStage }) =>
      createGuardrailStage(options, bedrock),
    )
    return (await loading)(call, document, signal)
  }
}
