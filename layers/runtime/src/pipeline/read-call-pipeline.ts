import type { Configuration } from '../core/configuration.ts'
import { readModelOptions } from '../models/read-model-options.ts'
import { type CallPipeline, createCallPipeline } from './call-pipeline.ts'
import { createContentStage } from './content/content-stage.ts'
import { readContentOptions } from './content/read-content-options.ts'
import { readFallbackChains } from './fallback/fallback-chains.ts'
import { createGuardrailStage } from './guardrail/guardrail-stage.ts'
import { readGuardrailOptions } from './guardrail/read-guardrail-options.ts'

/**
 * The pipeline that the template's parameters make.
 *
 * @throws ConfigurationError
 */
export function readCallPipeline(
  environment: Readonly<Record<string, string | undefined>>,
  configuration: Pick<Configuration, 'allowedModels'>,
): CallPipeline {
  const guardrail = readGuardrailOptions(environment)
  return createCallPipeline({
    configuration,
    models: readModelOptions(environment),
    chains: readFallbackChains(environment),
    content: createContentStage(readContentOptions(environment)),
    guardrail: guardrail && createGuardrailStage(guardrail),
  })
}
