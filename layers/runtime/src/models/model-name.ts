import { foundationModelId } from './model-id.ts'

/** A model's id in its parts. */
export interface ModelName {
  /** The foundation model's id. */
  readonly baseId: string
  /** Prefix of the inference profile; undefined for the model's own id. */
  readonly prefix?: string
}

const NAMED_BY_ID = /^arn:aws(?:-[^:/]+)?:bedrock:[^/]*:(?:foundation-model|inference-profile)\//

/**
 * Takes apart an id, or the ARN of a foundation model or of a system-defined profile; undefined for other ARNs, which do
 * not say which model is behind them.
 */
export function readModelName(modelId: string): ModelName | undefined {
  const id = modelId.replace(NAMED_BY_ID, '')
  if (id.includes('/')) return undefined
  const baseId = foundationModelId(id)
  return baseId === id ? { baseId } : { baseId, prefix: id.slice(0, -baseId.length - 1) }
}

/** The id by which a model is called through a profile, or its own id for `base`. */
export function writeModelName(baseId: string, prefix: string): string {
  return prefix === OWN_ID ? baseId : `${prefix}.${baseId}`
}

/** Stands for a model's own id among the prefixes of its profiles. */
export const OWN_ID = 'base'
