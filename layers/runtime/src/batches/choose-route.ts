import type { BatchRequest, BatchRoute } from './batch.ts'
import { BatchInputError } from './batch-input-error.ts'

/** Records that a batch job of Bedrock has at least and at most, by the account's quotas. */
export interface BatchQuotas {
  readonly minRecords: number
  readonly maxRecords: number
  /** True if the quotas were read; false for Bedrock's defaults. */
  readonly isRead: boolean
}

/** Bedrock's defaults, for accounts whose quotas cannot be read. Source: Amazon Bedrock service quotas, as of 2026-10. */
export const DEFAULT_QUOTAS: BatchQuotas = { minRecords: 100, maxRecords: 50_000, isRead: false }

export interface RouteFacts {
  /** Records of the smallest file, since each file is at least one batch job of Bedrock. */
  readonly records: number
  readonly quotas: BatchQuotas
  /** What of the records Bedrock's batch does not serve, such as `toolConfig`. */
  readonly unsupported: string | undefined
  /** What the stack demands of every call and Bedrock's batch does not have, such as its guardrail. */
  readonly demanded: string | undefined
}

/**
 * Chooses the route of a batch, with its reason in a sentence. The caller's demand comes first, but after what the stack
 * demands of every call.
 *
 * @throws BatchInputError for a route that would leave out what the stack demands
 */
export function chooseRoute(
  { route, format }: Pick<BatchRequest, 'route' | 'format'>,
  { records, quotas, unsupported, demanded }: RouteFacts,
): { readonly route: BatchRoute; readonly reason: string } {
  const { minRecords, isRead } = quotas
  if (route === 'bedrock' && demanded !== undefined) {
    throw new BatchInputError(
      `The route bedrock cannot be demanded: Bedrock's batch has no ${demanded}, and the stack demands one.`,
    )
  }
  if (route) return { route, reason: 'The request demands this route.' }
  const map = (reason: string) => ({ route: 'map', reason }) as const
  if (format) return map("The records are in another contract than Bedrock's.")
  if (demanded !== undefined) return map(`Bedrock's batch has no ${demanded}, and the stack demands one.`)
  if (unsupported !== undefined) return map(`Bedrock's batch does not serve ${unsupported}, which a record has.`)
  if (records < minRecords) {
    const source = isRead ? 'the quota of the account' : "Bedrock's default"
    return map(
      `A file of the input has ${records} records, and Bedrock's batch takes at least ${minRecords} (${source}).`,
    )
  }
  return {
    route: 'bedrock',
    reason: `Each file of the input has ${records} or more records, which Bedrock's batch answers at half the price.`,
  }
}

/** Members of Converse and native bodies that Bedrock's batch does not serve, and kinds of media, which it reads from S3 only. */
const UNSUPPORTED = [
  ...['toolConfig', 'tools', 'tool_choice', 'response_format', 'output_format', 'textFormat', 'guardrailConfig'],
  ...['cachePoint', 'cache_control', 'image', 'document', 'video', 'audio', 'image_url', 'input_audio'],
].map((name) => [name, Buffer.from(`"${name}"`)] as const)

/**
 * Finds what Bedrock's batch does not serve in a body. It searches the bytes: a text with exactly one of these words counts,
 * too, and then the map answers, which serves everything.
 */
export function findUnsupported(modelInput: Buffer): string | undefined {
  return UNSUPPORTED.find(([, bytes]) => modelInput.includes(bytes))?.[0]
}
