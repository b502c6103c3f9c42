import { BedrockError } from '@bedrock-functions/runtime/core'
import type { Operation } from '../operations/operation.ts'
import { findOfferedModels } from './offered-models.ts'

const TARGET = 'ServiceQuotasV20190624.ListServiceQuotas'

/**
 * ListServiceQuotas of Service Quotas, in one page: the limits of batch jobs for each model, as the emulator applies them. The
 * names have the words of the model's id in place of its display name.
 */
export const listServiceQuotas: Operation = async ({ headers, batchJobs }) => {
  if (headers['x-amz-target'] !== TARGET) {
    throw new BedrockError('UnknownOperationException', 'The requested operation is not recognized by the service.')
  }
  const { minRecords, maxRecords } = batchJobs.limits
  const quotas = [
    ['Minimum number of records per batch inference job for', minRecords],
    ['Records per batch inference job for', maxRecords],
  ] as const
  const models = await findOfferedModels()
  return {
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: {
      Quotas: models.flatMap(({ modelId }, index) =>
        quotas.map(([name, value], number) => ({
          ServiceCode: 'bedrock',
          QuotaCode: `L-${String(index * quotas.length + number).padStart(8, '0')}`,
          QuotaName: `${name} ${wordsOf(modelId)}`,
          Value: value,
        })),
      ),
    },
  }
}

/** Words of an id without provider, date and version: `claude sonnet 4 6`. */
function wordsOf(modelId: string): string {
  const [name = ''] = modelId.slice(modelId.indexOf('.') + 1).split(/-\d{8}|-v\d|:/)
  return name.replaceAll(/[^a-zA-Z0-9]+/g, ' ')
}
