import { readModelOptions } from '../catalogue/index.ts'
import type { Configuration } from '../configuration/index.ts'
import { createContentStage, readContentOptions } from '../content/index.ts'
import { readFallbackChains } from '../fallback/index.ts'
import { createGuardrailStage, readGuardrailOptions } from '../guardrails/index.ts'
import { type CallPipeline, createCallPipeline } from './call-pipeline.ts'

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
