import type { JobsCommandLine } from './command-line.ts'
import { describeForOperator, describeList, findJob, findJobs } from './find-jobs.ts'
import type { OpenPlace } from './open-place.ts'
import type { DeadLetter } from './read-dead-letter.ts'
import { redrive } from './redrive.ts'
import { retryJob } from './retry-job.ts'

const DEFAULT_LIMIT = 50

/** Output of a command. */
export interface JobsOutput {
  /** Text for stdout. */
  readonly result: string
  /** Text for the operator. */
  readonly note: string
  /** True if something is left to do. */
  readonly isIncomplete?: boolean
}

/** Runs one command. Throws a JobsCommandError if it cannot be done. */
export async function runJobsCommand(
  { command, id, failed, limit, dryRun }: Omit<JobsCommandLine, 'place'>,
  place: OpenPlace,
  print: (line: string) => void,
): Promise<JobsOutput> {
  const { store } = place
  switch (command) {
    case 'list': {
      const jobs = await findJobs(store, { failed, limit: limit ?? DEFAULT_LIMIT })
      return { result: describeList(jobs), note: jobs.length === 0 ? 'There are no such jobs.' : '' }
    }
    case 'show':
      return { result: JSON.stringify(await describeForOperator(store, await findJob(store, id)), null, 2), note: '' }
    case 'retry':
      return { result: await retryJob(await findJob(store, id), store), note: `The new job of the same caller:` }
    case 'redrive': {
      const send = (letter: DeadLetter) => sendAgain(letter, place)
      const { sqs, queueUrl } = place
      const { sent, kept } = await redrive({
        sqs,
        queueUrl,
        dryRun,
        limit: limit ?? Number.POSITIVE_INFINITY,
        send,
        print,
      })
      const done = dryRun ? 'can be sent again' : 'sent again'
      return { result: '', note: `${sent} ${done}, ${kept} left in the queue.`, isIncomplete: kept > 0 }
    }
  }
}

async function sendAgain(letter: DeadLetter, place: OpenPlace): Promise<string> {
  if (letter.kind === 'job') return `new job ${await retryJob(await findJob(place.store, letter.id), place.store)}`
  await place.deliver(letter.target, letter.payload)
  return 'sent again'
}
