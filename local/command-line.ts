import { parseArgs } from 'node:util'
import { AccessOptionError, type AuthMode, readAuthMode } from './gateway/access/auth-mode.ts'
import { DEFAULT_INSPECT_PORT, type InspectOption, takeInspect } from './inspect.ts'
import { DEFAULT_PORT, PORT_COUNT } from './ports.ts'
import { shellWord } from './shell-word.ts'

export interface CommandLine {
  /** The API's port; the other servers take the ports after it. */
  readonly port: number
  readonly region: string
  readonly template: string
  readonly parameterOverrides: Readonly<Record<string, string>>
  readonly maxWorkers: number
  /** Kind of credentials that are verified. */
  readonly auth: AuthMode
  /** Directory of the state that survives restarts; undefined: `.local` beside the template. */
  readonly state: string | undefined
  /** Address or name to listen on beside the loopback. */
  readonly host: string | undefined
  readonly tls: boolean
  /** A function to debug: its name, and the port of its inspector. */
  readonly inspect: InspectOption | undefined
  readonly verbose: boolean
  readonly help: boolean
}

/** An option is unknown or has an invalid value. */
export class CommandLineError extends Error {}

export const USAGE = `npm start -- [options]

  --port P                            API on port P, function URL on P+1, Bedrock on P+2, S3 on P+3 … (${DEFAULT_PORT})
  --region REGION                     Region of functions and ARNs (AWS_REGION, or else us-east-1)
  --parameter-overrides NAME=VALUE …  values of the template's parameters
  --template PATH                     the SAM template (template.yaml)
  --auth MODE                         key: bearer tokens of npm run keys -- --local; iam: signatures with local, local;
                                      open: any credentials, not verified (open)
  --max-workers N                     most processes of all functions together; other requests wait in turn (20)
  --state DIRECTORY                   state and logs, kept after the end; for one stack at a time (.local)
  --host ADDRESS                      also listen on this address or name, 0.0.0.0 for all; other machines reach it
  --tls                               https, with a certificate of the stack's own that clients are told to trust
  --inspect FUNCTION [PORT]           debug a function: an inspector on PORT (${DEFAULT_INSPECT_PORT}), no Timeout
  --verbose                           all lines that functions log, and the parts of the template that are ignored
  --help                              this text`

/** Throws a CommandLineError. `environment` is that of the shell. */
export function parseCommandLine(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  refuseOptionsOfNpm(words, environment)
  const { remaining: others, overrides } = takeParameterOverrides(words)
  const { remaining, inspect } = takeInspect(others)
  const values = parseOptions(remaining)
  return {
    port: wholeNumber('--port', values.port, 1, 65_536 - PORT_COUNT),
    region: values.region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION || 'us-east-1'),
    template: values.template,
    parameterOverrides: overrides,
    auth: authMode(values.auth, overrides),
    maxWorkers: wholeNumber('--max-workers', values['max-workers'], 1, 1000),
    state: values.state,
    host: values.host,
    tls: values.tls,
    inspect,
    verbose: values.verbose,
    help: values.help,
  }
}

const OPTIONS = {
  port: { type: 'string', default: String(DEFAULT_PORT) },
  region: { type: 'string' },
  template: { type: 'string', default: 'template.yaml' },
  state: { type: 'string' },
  auth: { type: 'string', default: 'open' },
  host: { type: 'string' },
  tls: { type: 'boolean', default: false },
  'max-workers': { type: 'string', default: '20' },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Options with their own reader. */
const OTHER_OPTIONS = { 'parameter-overrides': { type: 'string' }, inspect: { type: 'string' } } as const

/**
 * Refuses options that npm took: `npm start --port 4000` sets npm_config_port in the environment and passes only 4000. The
 * message has the right command.
 */
function refuseOptionsOfNpm(words: readonly string[], environment: Readonly<Record<string, string | undefined>>): void {
  if (environment.npm_lifecycle_event !== 'start') return
  const others = [...words]
  const options = Object.entries({ ...OPTIONS, ...OTHER_OPTIONS }).flatMap(([name, { type }]) => {
    const value = environment[`npm_config_${name.replaceAll('-', '_')}`]
    if (!value) return []
    const parameter = value === 'true' ? type === 'string' && others.shift() : value
    return [`--${name}${parameter ? ` ${shellWord(parameter)}` : ''}`]
  })
  if (options.length === 0) return
  throw new CommandLineError(
    `npm takes the options before a "--" as its own. Run: npm start -- ${[...options, ...others.map(shellWord)].join(' ')}`,
  )
}

function parseOptions(words: string[]) {
  try {
    const { values } = parseArgs({ args: words, options: OPTIONS })
    const empty = Object.entries(values).find(([, value]) => value === '')
    if (empty) throw new Error(`--${empty[0]} is empty`)
    return values
  } catch (cause) {
    throw new CommandLineError(`${(cause as Error).message}\n\n${USAGE}`, { cause })
  }
}

function authMode(word: string, overrides: Readonly<Record<string, string>>): AuthMode {
  try {
    return readAuthMode(word, overrides)
  } catch (cause) {
    if (cause instanceof AccessOptionError) throw new CommandLineError(cause.message, { cause })
    throw cause
  }
}

/** Reads the SAM CLI's option, which takes all words up to the next option. parseArgs cannot do that. */
function takeParameterOverrides(words: readonly string[]) {
  const remaining: string[] = []
  const overrides: Record<string, string> = {}
  let taking = false
  for (const word of words) {
    const [option, inline] = word.startsWith('--parameter-overrides=') ? splitAt(word, '=') : [word, undefined]
    if (option === '--parameter-overrides') taking = inline === undefined
    else if (word.startsWith('-')) taking = false
    if (inline !== undefined) Object.assign(overrides, parseOverrides(inline))
    else if (option === '--parameter-overrides') continue
    else if (taking) Object.assign(overrides, parseOverrides(word))
    else remaining.push(word)
  }
  return { remaining, overrides }
}

/** Parses one or several `Name=Value` in a word, or CloudFormation's `ParameterKey=Name,ParameterValue=Value`. */
function parseOverrides(word: string): Record<string, string> {
  const long = /^ParameterKey=([^,]+),ParameterValue=(.*)$/s.exec(word)
  if (long?.[1] !== undefined) return { [long[1]]: long[2] ?? '' }
  const parts = word.trim().split(/\s+/)
  const pairs = parts.every((part) => /^\w+=/.test(part)) ? parts : [word]
  return Object.fromEntries(
    pairs.map((pair) => {
      if (!/^\w+=/.test(pair)) throw new CommandLineError(`--parameter-overrides: "${pair}" is not NAME=VALUE`)
      return splitAt(pair, '=')
    }),
  )
}

function splitAt(text: string, delimiter: string): [string, string] {
  const position = text.indexOf(delimiter)
  return [text.slice(0, position), text.slice(position + 1)]
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  throw new CommandLineError(`${option} is "${text}", it must be a whole number from ${least} to ${most}`)
}
