import { type JsonNode, memberOf } from '../../json/json-tree.ts'
import type { SamplingRule } from '../../models/model-rules.ts'
import { type JsonDocument, refuse } from './conversation.ts'

/** The names under which a request may say each of them. */
export const SAMPLING_NAMES = ['temperature', 'topP', 'top_p', 'topK', 'top_k'] as const

/**
 * Sampling parameters that the model does not take.
 *
 * @param parts where they may stand, by name; an empty name is the body itself
 * @throws BedrockError ValidationException
 */
export function checkSampling(
  { bytes }: JsonDocument,
  parts: Readonly<Record<string, JsonNode | undefined>>,
  modelId: string,
  rule: SamplingRule,
): void {
  const given = Object.entries(parts).flatMap(([part, node]) =>
    SAMPLING_NAMES.filter((name) => memberOf(bytes, node, name)).map((name) =>
      part === '' ? name : `${part}.${name}`,
    ),
  )
  if (rule === 'none' && given.length > 0) {
    const prompt = 'This model decides on its sampling itself; say in the prompt how varied the answer shall be.'
    refuse(`${modelId} takes no sampling parameters: leave out ${given.join(' and ')}. ${prompt}`)
  }
  const temperature = given.find((name) => name.endsWith('temperature'))
  const topP = given.find((name) => /top_?p$/i.test(name))
  if (temperature && topP) {
    refuse(`${modelId} takes ${temperature} or ${topP}, not both: leave out one of them.`)
  }
}

export function converseSamplingParts({ bytes, root }: JsonDocument): Record<string, JsonNode | undefined> {
  return {
    inferenceConfig: memberOf(bytes, root, 'inferenceConfig'),
    additionalModelRequestFields: memberOf(bytes, root, 'additionalModelRequestFields'),
  }
}
