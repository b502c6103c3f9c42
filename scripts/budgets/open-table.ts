import { createUsageTable, type UsageTable } from '../../layers/runtime/src/pipeline/usage/usage-table.ts'
import { PORT_OFFSETS } from '../../local/ports.ts'
import { readOutputs, type StackPlace } from '../stack-place.ts'
import { BudgetsCommandError } from './command-line.ts'

/** Name of the table in the local stack. */
const LOCAL_TABLE = 'UsageTable'
/** Not used: the commands write budgets only, which do not expire. */
const RETENTION_DAYS = 1

/** Opens the table with the budgets of a stack. */
export async function openTable(place: StackPlace): Promise<UsageTable> {
  if (place.kind === 'stack') return openStack(place.stack, place.region)
  const endpoint = `http://127.0.0.1:${place.port + PORT_OFFSETS.dynamodb}`
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const local = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
  const table = createUsageTable({ name: LOCAL_TABLE, retentionDays: RETENTION_DAYS }, local)
  await table.readBudgets().catch((cause: unknown) => {
    throw new BudgetsCommandError(
      `There is no table at ${endpoint}. Start the stack: npm start -- --parameter-overrides UsageLedger=ON Budgets=SOFT`,
      { cause },
    )
  })
  return table
}

async function openStack(stack: string, region: string | undefined): Promise<UsageTable> {
  const outputs = await readOutputs(stack, region, (message, cause) => new BudgetsCommandError(message, cause))
  const name = outputs.get('UsageTableName')
  if (name === undefined)
    throw new BudgetsCommandError(`The stack ${stack} has no ledger: deploy it with UsageLedger=ON.`)
  return createUsageTable({ name, retentionDays: RETENTION_DAYS }, region === undefined ? {} : { region })
}
