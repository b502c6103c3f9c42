import { BudgetsCommandError, parseBudgetsCommandLine, USAGE } from './budgets/command-line.ts'
import { openTable } from './budgets/open-table.ts'
import { runBudgetsCommand } from './budgets/run-budgets-command.ts'
import { describeAwsError } from './describe-aws-error.ts'

/** `npm run budgets`: sets, lists and removes the budgets of callers, in AWS or locally. */
async function main(): Promise<void> {
  const commandLine = parseBudgetsCommandLine(process.argv.slice(2))
  if (!commandLine) {
    console.log(USAGE)
    return
  }
  console.log(await runBudgetsCommand(commandLine, await openTable(commandLine.place)))
}

main().catch((error: unknown) => {
  // A BudgetsCommandError may have the usage behind its first line.
  console.error(error instanceof BudgetsCommandError ? error.message : describeAwsError(error))
  process.exitCode = 1
})
