import { parseArgs } from 'node:util'
import { DEFAULT_PORT } from '../../local/ports.ts'
import { choosePlace, PLACE_OPTIONS, readWholeNumber, type StackPlace } from '../stack-place.ts'

export const USAGE = `npm run jobs -- COMMAND [options]

  list           list the newest jobs of all callers
  show ID        show a job: its request without its content, its lease, its end and its files
  retry ID       start a failed job again, as a new job of the same caller; a repeated retry starts no second job
  redrive        send each dead letter again: retry a failed job, repeat an undelivered event or invocation

  --failed       with list: failed jobs only
  --limit N      with list: number of jobs (50); with redrive: number of dead letters (all)
  --dry-run      with redrive: show the dead letters; they are hidden from other readers for 30 seconds
  --stack NAME   a deployed stack (bedrock-functions), with the credentials of the shell
  --region REGION
                 Region of the stack (AWS_REGION)
  --local        the stack of npm start on this machine
  --port P       with --local: first port of the stack (${DEFAULT_PORT})
  --help         this text`

/** Commands; true where they need an id. */
const COMMANDS = { list: false, show: true, retry: true, redrive: false } as const

export type JobsCommand = keyof typeof COMMANDS

export interface JobsCommandLine {
  readonly command: JobsCommand
  /** Id of a job; empty for list and redrive. */
  readonly id: string
  readonly failed: boolean
  readonly limit: number | undefined
  readonly dryRun: boolean
  readonly place: StackPlace
}

/** Operator's mistake. The message is complete without a stack trace. */
export class JobsCommandError extends Error {}

/** Undefined for --help. Throws a JobsCommandError. */
export function parseJobsCommandLine(words: readonly string[]): JobsCommandLine | undefined {
  const { values, positionals } = parseWords(words)
  if (values.help) return undefined
  const [command = '', name = '', ...others] = positionals
  if (!isCommand(command)) return refuse(command === '' ? 'A command is missing.' : `There is no command ${command}.`)
  if (others.length > 0) refuse(`Give one id at a time, without ${others[0]}.`)
  if (COMMANDS[command] !== (name !== ''))
    refuse(COMMANDS[command] ? `${command} needs an id.` : `${command} takes no id.`)
  // The id is also the end of the ARN that callers see.
  const id = name.slice(name.lastIndexOf('/') + 1)
  if (name !== '' && !/^[a-z0-9]{12}$/.test(id)) {
    refuse(`${name} is not the id of a job, which has 12 small letters and digits, nor an ARN that ends with one.`)
  }
  if (values.failed && command !== 'list') refuse('--failed needs the command list.')
  if (values['dry-run'] && command !== 'redrive') refuse('--dry-run needs the command redrive.')
  if (values.limit !== undefined && COMMANDS[command]) refuse('--limit needs the command list or redrive.')
  const { failed, limit } = values
  return {
    command,
    id,
    failed,
    limit: limit === undefined ? undefined : readWholeNumber('--limit', limit, refuse),
    dryRun: values['dry-run'],
    place: choosePlace(values, refuse),
  }
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        failed: { type: 'boolean', default: false },
        limit: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        ...PLACE_OPTIONS,
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (cause) {
    return refuse((cause as Error).message)
  }
}

function isCommand(word: string): word is JobsCommand {
  return Object.hasOwn(COMMANDS, word)
}

function refuse(problem: string): never {
  throw new JobsCommandError(`${problem}\n\n${USAGE}`)
}
