import { createUsageTable, type UsageTable } from '../../layers/runtime/src/pipeline/usage/usage-table.ts'
import { PORT_OFFSETS } from '../../local/ports.ts'
import { REQUEST_HANDLER } from '../describe-aws-error.ts'
import { BudgetsCommandError, type BudgetsPlace } from './command-line.ts'

/** Name of the table in the local stack. */
const LOCAL_TABLE = 'UsageTable'
/** Not used: the commands write budgets only, which do not expire. */
const RETENTION_DAYS = 1

/** Opens the table with the budgets of a stack. */
export async function openTable(place: BudgetsPlace): Promise<UsageTable> {
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
  const options = { requestHandler: REQUEST_HANDLER, ...(region !== undefined && { region }) }
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation')
  const client = new CloudFormationClient(options)
  await client.config.region().catch((cause: unknown) => {
    throw new BudgetsCommandError(
      'A deployed stack needs its Region: set AWS_REGION or give --region REGION. For npm start on this machine give --local.',
      { cause },
    )
  })
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }))
  const name = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'UsageTableName')?.OutputValue
  if (name === undefined)
    throw new BudgetsCommandError(`The stack ${stack} has no ledger: deploy it with UsageLedger=ON.`)
  return createUsageTable({ name, retentionDays: RETENTION_DAYS }, region === undefined ? {} : { region })
}
