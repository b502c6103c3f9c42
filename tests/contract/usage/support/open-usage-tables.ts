import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createUsageTable, type UsageTable } from '../../../../layers/runtime/src/pipeline/usage/usage-table.ts'
import { createDynamoDbServer } from '../../../../local/dynamodb/index.ts'

const NAMES = ['usage', 'other'] as const

/** Tables of the ledger on the local DynamoDB. */
export interface UsageTables {
  /** @param reserves true for a table whose calls hold back their highest cost */
  open(options?: { readonly name?: (typeof NAMES)[number]; readonly reserves?: boolean }): UsageTable
  close(): Promise<void>
}

export async function openUsageTables(): Promise<UsageTables> {
  const directory = await mkdtemp(join(tmpdir(), 'usage-tables-'))
  const keys = ['pk', 'sk'].map((name) => ({ name, type: 'S' as const }))
  const server = createDynamoDbServer({ directory, tables: NAMES.map((name) => ({ name, arn: 'arn', keys })) })
  const endpoint = `http://127.0.0.1:${await server.listen(0)}`
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  return {
    open: ({ name = 'usage', reserves = false } = {}) =>
      createUsageTable({ name, retentionDays: 400, reserves }, { endpoint, region: 'us-east-1', credentials }),
    async close() {
      await server.close()
      await rm(directory, { recursive: true })
    },
  }
}
