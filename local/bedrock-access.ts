import type { FunctionModel } from './template/model.ts'

type ShellEnvironment = Readonly<Record<string, string | undefined>>

/** Which Bedrock the functions speak to. */
export interface BedrockAccess {
  readonly endpoint: string
  /** False: the shell names another address than the embedded emulator's. */
  readonly isEmbedded: boolean
  /** Variables that every function gets over its own. */
  overrides(model: FunctionModel): Record<string, string>
}

const ENDPOINT = 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME'

/** What goes with an address of the shell's; nothing of this reaches a function that speaks to the emulator. */
const SHELL_CREDENTIALS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_REGION',
]

/**
 * The embedded emulator, or what AWS_ENDPOINT_URL_BEDROCK_RUNTIME of the shell says. An address of this very stack, as
 * our own instructions have a shell export it for clients, would make functions call themselves: it means the emulator.
 *
 * `ownPorts` are all ports of this stack.
 */
export function chooseBedrock(
  environment: ShellEnvironment,
  embedded: string,
  ownPorts: readonly number[],
): BedrockAccess {
  const wanted = environment[ENDPOINT]
  const isEmbedded = !wanted || isOwnAddress(wanted, ownPorts)
  const endpoint = isEmbedded ? embedded : wanted
  const shell = isEmbedded ? {} : pick(environment, SHELL_CREDENTIALS)
  return {
    endpoint,
    isEmbedded,
    // Only where the template declares it empty: a value of its own is meant.
    overrides: (model) => ({ ...shell, ...(model.environment[ENDPOINT] === '' && { [ENDPOINT]: endpoint }) }),
  }
}

function isOwnAddress(address: string, ownPorts: readonly number[]): boolean {
  if (!URL.canParse(address)) return false
  const { hostname, port } = new URL(address)
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) && ownPorts.includes(Number(port))
}

function pick(environment: ShellEnvironment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])))
}
