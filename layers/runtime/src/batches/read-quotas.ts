import { paginateListServiceQuotas, type ServiceQuota, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type BatchQuotas, DEFAULT_QUOTAS } from './choose-route.ts'

const MINIMUM = /^Minimum number of records per batch inference job for (?<model>.+)$/i
const MAXIMUM = /^Records per batch inference job for (?<model>.+)$/i

/**
 * Reads the quotas of Bedrock's batch jobs for a model from Service Quotas, whose names have the model's display name, such
 * as `Records per batch inference job for Claude 3.5 Haiku`. Bedrock's defaults stand where they cannot be read or have no
 * such model.
 *
 * @param onFailed called with the error of Service Quotas
 */
export async function readBatchQuotas(modelId: string, onFailed: (error: unknown) => void): Promise<BatchQuotas> {
  const client = new ServiceQuotasClient({
    maxAttempts: 2,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true }),
  })
  const quotas: ServiceQuota[] = []
  try {
    for await (const page of paginateListServiceQuotas({ client, pageSize: 100 }, { ServiceCode: 'bedrock' })) {
      quotas.push(...(page.Quotas ?? []))
    }
  } catch (error) {
    onFailed(error)
    return DEFAULT_QUOTAS
  }
  return pickQuotas(quotas, modelId)
}

/** Picks the quotas of a model; Bedrock's defaults without any. */
export function pickQuotas(quotas: readonly ServiceQuota[], modelId: string): BatchQuotas {
  const quotaOf = (pattern: RegExp) =>
    quotas.find(({ QuotaName = '' }) => {
      const model = pattern.exec(QuotaName)?.groups?.model
      return model !== undefined && isNameOf(model, modelId)
    })?.Value
  const minRecords = quotaOf(MINIMUM)
  const maxRecords = quotaOf(MAXIMUM)
  return {
    minRecords: minRecords ?? DEFAULT_QUOTAS.minRecords,
    maxRecords: maxRecords ?? DEFAULT_QUOTAS.maxRecords,
    isRead: minRecords !== undefined,
  }
}

/**
 * Tests whether a display name, such as `Claude 3.5 Haiku`, is that of a model id, such as `anthropic.claude-3-5-haiku-…`: the
 * same words and numbers, in any order (`Claude Sonnet 4.5`, `claude-sonnet-4-5`), and the id has no other but its date and
 * version.
 */
function isNameOf(displayName: string, modelId: string): boolean {
  const base = modelId.slice(modelId.lastIndexOf('.') + 1).replace(/-\d{8}.*$|-v\d.*$|:\d+$/, '')
  const words = (text: string) =>
    text
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter(Boolean)
      .sort()
      .join(' ')
  return words(displayName.replace(/ v\d+$/i, '')) === words(base)
}
