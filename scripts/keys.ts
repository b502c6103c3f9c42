import { BudgetsCommandError } from './budgets/command-line.ts'
import { describeAwsError, REQUEST_HANDLER } from './describe-aws-error.ts'
import { createApiGatewayKeys, findUsagePlan } from './keys/api-gateway-keys.ts'
import { describePlace, type KeyPlace, parseKeysCommandLine, USAGE } from './keys/command-line.ts'
import { KeyCommandError, type KeyStore } from './keys/key-store.ts'
import { createLocalKeys } from './keys/local-keys.ts'
import { runCommand } from './keys/run-command.ts'

/**
 * `npm run keys`: manages the keys of Auth=KEY, in API Gateway with the shell's credentials and Region, or locally. stdout
 * has only the key's value, so that `KEY=$(npm run --silent keys -- create NAME)` holds it.
 */
async function main(): Promise<void> {
  const commandLine = parseKeysCommandLine(process.argv.slice(2))
  if (!commandLine) {
    console.log(USAGE)
    return
  }
  const { place, budget } = commandLine
  // Opened first, so that no key is made without its budget.
  const table = budget && (await (await import('./budgets/open-table.ts')).openTable(budget.place))
  const { result, note, id } = await runCommand(commandLine, await openStore(place), describePlace(place))
  if (note !== '') console.error(note)
  if (result !== '') console.log(result)
  if (table && id !== undefined) {
    const { place: _, ...amounts } = budget
    await table.setBudget({ of: `key:${id}`, ...amounts, allowsUnpriced: false })
  }
}

async function openStore(place: KeyPlace): Promise<KeyStore> {
  if (place.kind === 'local') return createLocalKeys(place.stateDirectory, place.limits)
  // Loaded here, because local keys need no SDK.
  const { APIGatewayClient } = await import('@aws-sdk/client-api-gateway')
  const client = new APIGatewayClient({
    requestHandler: REQUEST_HANDLER,
    ...(place.region !== undefined && { region: place.region }),
  })
  await client.config.region().catch((cause: unknown) => {
    throw new KeyCommandError(
      'Keys of a deployed stack need its Region: set AWS_REGION or give --region REGION. ' +
        'For the keys of npm start -- --auth key on this machine give --local.',
      { cause },
    )
  })
  return createApiGatewayKeys(client, place.kind === 'stack' ? await findUsagePlan(client, place.stack) : place.id)
}

main().catch((error: unknown) => {
  // A KeyCommandError may have the usage behind its first line.
  const isKnown = error instanceof KeyCommandError || error instanceof BudgetsCommandError
  console.error(isKnown ? error.message : describeAwsError(error))
  process.exitCode = 1
})
