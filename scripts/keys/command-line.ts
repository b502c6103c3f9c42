import { parseArgs } from 'node:util'
import { shellWord } from '../../local/shell-word.ts'
import { KeyCommandError, type KeyLimits } from './key-store.ts'

export const USAGE = `npm run keys -- COMMAND [options]

  create NAME    a new key for the caller NAME; prints its value, this once
  list           names, ids, states, and what a key has in place of the plan's limits
  disable NAME   every key of the caller, or the one key with this id; callers get 403 from then on
  enable NAME    the key again
  rotate NAME    as create, and the old key is disabled; with --grace it goes on until it is disabled by its id

  --stack NAME       of a deployed stack, whose usage plan has its name (bedrock-functions)
  --usage-plan ID    of the usage plan with this id
  --region REGION    of these two (AWS_REGION)
  --local            of npm start -- --auth key on this machine
  --state DIRECTORY  with --local: where the local stack keeps its state (.local)
  --rate N, --burst N, --quota N
                     with --local create and rotate: requests a second, at once and in a month for this key alone, in
                     place of the plan's
  --grace            with rotate: keep the old key enabled
  --help             this text`

/** Commands by whether they take a name. */
const COMMANDS = { create: true, list: false, disable: true, enable: true, rotate: true } as const

export type Command = keyof typeof COMMANDS

/** Which keys are meant. */
export type KeyPlace =
  | { readonly kind: 'local'; readonly stateDirectory: string; readonly limits: KeyLimits }
  | ({ readonly kind: 'stack'; readonly stack: string } & InRegion)
  | ({ readonly kind: 'usage-plan'; readonly id: string } & InRegion)

interface InRegion {
  /** The shell's where it is undefined. */
  readonly region: string | undefined
}

export interface KeysCommandLine {
  readonly command: Command
  /** Empty for list. */
  readonly name: string
  readonly grace: boolean
  readonly place: KeyPlace
}

const DEFAULT_STACK = 'bedrock-functions'
const DEFAULT_STATE_DIRECTORY = '.local'

/** The options that lead to the same keys, each after a space, for a command that the operator is told to run. */
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
  if (others.length > 0) refuse(`${others[0]}: one name at a time.`)
  if (COMMANDS[word] !== (name !== '')) refuse(COMMANDS[word] ? `${word} needs a name.` : `${word} takes no name.`)
  // Names become arguments and lines of tables.
  if (name !== '' && !/^[\w.@+-]{1,100}$/.test(name)) refuse('A name has letters, digits and . _ @ + - only.')
  if (values.grace && word !== 'rotate') refuse('--grace goes with rotate.')
  return { command: word, name, grace: values.grace, place: choosePlace(values) }
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
    if (region !== undefined) refuse('--region does not go with --local.')
    return { kind: 'local', stateDirectory: state ?? DEFAULT_STATE_DIRECTORY, limits }
  }
  if (state !== undefined || Object.keys(limits).length > 0) {
    refuse('--state, --rate, --burst and --quota go with --local; a deployed key has its usage plan’s.')
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
