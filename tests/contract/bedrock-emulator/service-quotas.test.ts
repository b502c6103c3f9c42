import { ListServiceQuotasCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { type BedrockEmulator, createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { pickQuotas } from '../../../layers/runtime/src/batches/read-quotas.ts'

let emulator: BedrockEmulator
let client: ServiceQuotasClient

beforeAll(async () => {
  emulator = createBedrockEmulator({ batch: { minRecords: 7, maxRecords: 70 } })
  client = new ServiceQuotasClient({
    endpoint: `http://127.0.0.1:${await emulator.listen(0)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
})
afterAll(async () => {
  client.destroy()
  await emulator.close()
})

test('ListServiceQuotas of the SDK tells the limits of batch jobs for each model', async () => {
  const { Quotas = [] } = await client.send(new ListServiceQuotasCommand({ ServiceCode: 'bedrock' }))
  for (const modelId of ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 'amazon.nova-lite-v1:0']) {
    expect(pickQuotas(Quotas, modelId)).toEqual({ minRecords: 7, maxRecords: 70, isRead: true })
  }
})
