import { pickQuotas } from '../../../../layers/runtime/src/batches/read-quotas.ts'

const quota = (QuotaName: string, Value: number) => ({ QuotaName, Value })

const QUOTAS = [
  quota('Minimum number of records per batch inference job for Claude 3.5 Haiku', 100),
  quota('Records per batch inference job for Claude 3.5 Haiku', 50_000),
  quota('Minimum number of records per batch inference job for Claude Sonnet 4.5', 1000),
  quota('(Model evaluation) Records per batch inference job for Nova Lite', 7),
  quota('Minimum number of records per batch inference job for Nova Lite', 500),
  quota('Records per input file per batch inference job for Claude Sonnet 4.5', 1),
]

test.each([
  ['us.anthropic.claude-3-5-haiku-20241022-v1:0', 100, 50_000, true],
  ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 1000, 50_000, true],
  ['anthropic.claude-sonnet-4-5', 1000, 50_000, true],
  ['amazon.nova-lite-v1:0', 500, 50_000, true],
  ['amazon.nova-2-lite-v1:0', 100, 50_000, false],
  ['anthropic.claude-opus-4-1', 100, 50_000, false],
])('the quotas of %s are found by the name of its model', (modelId, minRecords, maxRecords, isRead) => {
  expect(pickQuotas(QUOTAS, modelId)).toEqual({ minRecords, maxRecords, isRead })
})
