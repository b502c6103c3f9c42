import { describeAwsError } from './describe-aws-error.ts'
import { JobsCommandError, parseJobsCommandLine, USAGE } from './jobs/command-line.ts'
import { openPlace } from './jobs/open-place.ts'
import { runJobsCommand } from './jobs/run-jobs-command.ts'

/** `npm run jobs`: shows and retries jobs of all callers, and sends dead letters again, in AWS or locally. */
async function main(): Promise<void> {
  const commandLine = parseJobsCommandLine(process.argv.slice(2))
  if (!commandLine) {
    console.log(USAGE)
    return
  }
  const place = await openPlace(commandLine.place)
  const { result, note, isIncomplete } = await runJobsCommand(commandLine, place, (line) => console.log(line))
  if (note !== '') console.error(note)
  if (result !== '') console.log(result)
  if (isIncomplete) process.exitCode = 1
}

main().catch((error: unknown) => {
  // A JobsCommandError may have the usage behind its first line.
  console.error(error instanceof JobsCommandError ? error.message : describeAwsError(error))
  process.exitCode = 1
})
