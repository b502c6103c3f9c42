import {
  type APIGatewayClient,
  type ApiKey,
  CreateApiKeyCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  paginateGetApiKeys,
  paginateGetUsagePlanKeys,
  paginateGetUsagePlans,
  UpdateApiKeyCommand,
} from '@aws-sdk/client-api-gateway'
import { KeyCommandError, type KeyStore, type StoredKey } from './key-store.ts'

/** API Gateway's largest page. */
const PAGE_SIZE = 500

/** Id of the usage plan with the stack's name. Throws a KeyCommandError unless there is exactly one. */
export async function findUsagePlan(client: APIGatewayClient, stack: string): Promise<string> {
  const found: string[] = []
  for await (const { items = [] } of paginateGetUsagePlans({ client, pageSize: PAGE_SIZE }, {})) {
    for (const { name, id } of items) if (name === stack && id !== undefined) found.push(id)
  }
  const [id, other] = found
  if (id === undefined) {
    throw new KeyCommandError(
      `This account and Region have no usage plan ${stack}. Deploy the stack ${stack} with Auth=KEY, or give --stack NAME.`,
    )
  }
  if (other !== undefined) {
    throw new KeyCommandError(`There are several usage plans ${stack}. Choose one: --usage-plan ${found.join(' or ')}`)
  }
  return id
}

/** The keys of a usage plan of API Gateway. */
export function createApiGatewayKeys(client: APIGatewayClient, usagePlanId: string): KeyStore {
  return {
    async list() {
      const inPlan = new Set<string>()
      for await (const { items = [] } of paginateGetUsagePlanKeys({ client, pageSize: PAGE_SIZE }, { usagePlanId })) {
        for (const { id } of items) if (id !== undefined) inPlan.add(id)
      }
      const keys: StoredKey[] = []
      for await (const { items = [] } of paginateGetApiKeys(
        { client, pageSize: PAGE_SIZE },
        { includeValues: false },
      )) {
        for (const key of items) if (key.id !== undefined && inPlan.has(key.id)) keys.push(describe(key))
      }
      return keys
    },
    async create(name) {
      const key = await client.send(new CreateApiKeyCommand({ name, enabled: true }))
      const { id: keyId, value } = key
      if (keyId === undefined || value === undefined) throw new Error('API Gateway returned no key')
      try {
        await client.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: 'API_KEY' }))
      } catch (error) {
        // A key without a plan is useless and is not listed.
        await client.send(new DeleteApiKeyCommand({ apiKey: keyId }))
        throw error
      }
      return { ...describe(key), value }
    },
    async setEnabled(id, enabled) {
      const patchOperations = [{ op: 'replace' as const, path: '/enabled', value: String(enabled) }]
      await client.send(new UpdateApiKeyCommand({ apiKey: id, patchOperations }))
    },
  }
}

function describe({ id = '', name = '', enabled = false, createdDate }: ApiKey): StoredKey {
  return { id, name, enabled, createdDate }
}
