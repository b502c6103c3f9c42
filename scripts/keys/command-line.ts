import { parseArgs } from 'node:util'
import { DEFAULT_PORT } from '../../local/ports.ts'
import { shellWord } from '../../local/shell-word.ts'
import { readAmounts } from '../budgets/command-line.ts'
import { readWholeNumber, type StackPlace } from '../stack-place.ts'
import { KeyCommandError, type KeyLimits } from './key-store.ts'

export const USAGE = `npm run keys -- COMMAND [options]

  create NAME    create a key for the caller NAME and print its value, which is shown only this time
  list           list names, ids, states and limits of keys that have limits of their own
  disable NAME   disable all keys of the caller, or the key with this id; their requests get 403
  enable NAME    enable a disabled key
  rotate NAME    create a new key and disable the old one; with --grace the old key stays enabled

  --stack NAME       keys of a deployed stack, whose usage plan has the stack's name (bedrock-functions)
  --usage-plan ID    keys of the usage plan with this id
  --region REGION    Region of the stack or usage plan (AWS_REGION)
  --local            keys of npm start -- --auth key on this machine
  --state DIRECTORY  with --local: state directory of the local stack (.local)
  --rate N, --burst N, --quota N
                     with --local create and rotate: the key's own requests per second, at once and per month, instead
                     of the plan's
  --grace            with rotate: keep the old key enabled
  --budget AMOUNT    with create and rotate: budget of the new key in US dollars, 50/month or 5/day, in a stack with Budgets;
                     the option can be given twice
  --port P           with --local --budget: first port of the running stack (${DEFAULT_PORT})
  --help             this text`

/** Commands; true where they need a name. */
const COMMANDS = { create: true, list: false, disable: true, enable: true, rotate: true } as const

export type Command = keyof typeof COMMANDS

/** Place where the keys are kept. */
export type KeyPlace =
  | { readonly kind: 'local'; readonly stateDirectory: string; readonly limits: KeyLimits }
  | ({ readonly kind: 'stack'; readonly stack: string } & InRegion)
  | ({ readonly kind: 'usage-plan'; readonly id: string } & InRegion)

interface InRegion {
  /** Undefined: the shell's Region. */
  readonly region: string | undefined
}

export interface KeysCommandLine {
  readonly command: Command
  /** Empty for list. */
  readonly name: string
  readonly grace: boolean
  readonly place: KeyPlace
  /** Budget of a new key, with the stack that has its table. */
  readonly budget?: ReturnType<typeof readAmounts> & { readonly place: StackPlace }
}

const DEFAULT_STACK = 'bedrock-functions'
const DEFAULT_STATE_DIRECTORY = '.local'

/** Options that select the same place, each after a space, for a command that the operator is told to run. */
export function describePlace(place: KeyPlace): string {
  const words =
    place.kind === 'local'
      ? ['--local', ...option('--state', place.stateDirectory, DEFAULT_STATE_DIRECTORY)]
      : [
          ...(place.kind === 'stack' ? option('--stack', place.stack, DEFAULT_STACK) : ['--usage-plan', place.id]),
          ...option('--region', place.region, undefined),
        ]
  return words.map((word) => ` ${shellWord(word)}`).join('')
}

function option(name: string, value: string | undefined, usual: string | undefined): string[] {
  return value === undefined || value === usual ? [] : [name, value]
}

/** Undefined for --help. Throws a KeyCommandError. */
export function parseKeysCommandLine(words: readonly string[]): KeysCommandLine | undefined {
  const { values, positionals } = parseWords(words)
  if (values.help) return undefined
  const [word = '', name = '', ...others] = positionals
  if (!isCommand(word)) return refuse(word === '' ? 'A command is missing.' : `There is no command ${word}.`)
  if (others.length > 0) refuse(`Give one name at a time, without ${others[0]}.`)
  if (COMMANDS[word] !== (name !== '')) refuse(COMMANDS[word] ? `${word} needs a name.` : `${word} takes no name.`)
  // Names become arguments and table rows.
  if (name !== '' && !/^[\w.@+-]{1,100}$/.test(name))
    refuse('A name may have letters, digits and . _ @ + - only, at most 100.')
  if (values.grace && word !== 'rotate') refuse('--grace needs the command rotate.')
  const place = choosePlace(values)
  const budget = chooseBudget(word, place, values)
  return { command: word, name, grace: values.grace, place, ...(budget && { budget }) }
}

function chooseBudget(command: Command, place: KeyPlace, { budget = [], port }: Values): KeysCommandLine['budget'] {
  if (budget.length === 0) return port === undefined ? undefined : refuse('--port needs --budget.')
  if (command !== 'create' && command !== 'rotate') refuse('--budget needs the command create or rotate.')
  const amounts = readAmounts(budget)
  if (place.kind === 'local')
    return {
      ...amounts,
      place: { kind: 'local', port: readWholeNumber('--port', port ?? String(DEFAULT_PORT), refuse) },
    }
  if (port !== undefined) refuse('--port needs --local.')
  if (place.kind === 'usage-plan')
    return refuse('--budget needs --stack instead of --usage-plan: the stack has the table.')
  return { ...amounts, place }
}

type Values = ReturnType<typeof parseWords>['values']

function choosePlace(values: Values): KeyPlace {
  const { local, stack, state, region, 'usage-plan': usagePlan } = values
  if ([local || undefined, stack, usagePlan].filter((value) => value !== undefined).length > 1) {
    refuse('--local, --stack and --usage-plan exclude each other.')
  }
  const limits = {
    ...limit('requestsPerSecond', '--rate', values.rate),
    ...limit('burst', '--burst', values.burst),
    ...limit('quota', '--quota', values.quota),
  }
  if (local) {
    if (region !== undefined) refuse('--local and --region exclude each other.')
    return { kind: 'local', stateDirectory: state ?? DEFAULT_STATE_DIRECTORY, limits }
  }
  if (state !== undefined || Object.keys(limits).length > 0) {
    refuse('--state, --rate, --burst and --quota need --local; a deployed key has the limits of its usage plan.')
  }
  return usagePlan === undefined
    ? { kind: 'stack', stack: stack ?? DEFAULT_STACK, region }
    : { kind: 'usage-plan', id: usagePlan, region }
}

function limit(member: keyof KeyLimits, option: string, text: string | undefined): KeyLimits {
  if (text === undefined) return {}
  const number = Number(text)
  if (!(number > 0) || (member !== 'requestsPerSecond' && !Number.isInteger(number))) {
    refuse(
      `${option} is "${text}", it must be a number above 0${member === 'requestsPerSecond' ? '' : ', a whole one'}.`,
    )
  }
  return { [member]: number }
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        local: { type: 'boolean', default: false },
        stack: { type: 'string' },
        'usage-plan': { type: 'string' },
        state: { type: 'string' },
        region: { type: 'string' },
        rate: { type: 'string' },
        burst: { type: 'string' },
        quota: { type: 'string' },
        budget: { type: 'string', multiple: true },
        port: { type: 'string' },
        grace: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (cause) {
    return refuse((cause as Error).message)
  }
}

function isCommand(word: string): word is Command {
  return Object.hasOwn(COMMANDS, word)
}

function refuse(problem: string): never {
  throw new KeyCommandError(`${problem}\n\n${USAGE}`)
}
