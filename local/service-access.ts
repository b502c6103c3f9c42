import { loopbackUrl, urlHost } from './net/addresses.ts'
import type { FunctionModel } from './template/model.ts'

type ShellEnvironment = Readonly<Record<string, string | undefined>>

/** What AWS SDKs read the address of a service from. */
export type EndpointVariable = `AWS_ENDPOINT_URL_${'BEDROCK_RUNTIME' | 'S3' | 'EVENTBRIDGE' | 'SQS'}`

/** Which server of a service the functions speak to. */
export interface ServiceAccess {
  readonly variable: EndpointVariable
  readonly endpoint: string
  /** Address for clients in this very process, which need not trust a certificate. */
  readonly localEndpoint: string
  /** False: the shell names another address than the embedded server's. */
  readonly isEmbedded: boolean
  /** Variables that a function gets over its own. */
  overrides(model: FunctionModel): Record<string, string>
}

/** What goes with an address of the shell's; nothing of this reaches functions that speak to embedded servers only. */
const SHELL_CREDENTIALS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_REGION',
]

/**
 * By variable the service that the shell names, which comes with the shell's credentials and region. An address of this
 * very stack, as our own instructions have a shell export it for clients, would make functions call themselves: it counts
 * as none.
 *
 * `ownPorts` are all ports of this stack, `ownHost` is what it listens on beside the loopback.
 */
export function readShellServices(
  environment: ShellEnvironment,
  ownPorts: readonly number[],
  ownHost?: string,
): (variable: EndpointVariable) => ServiceAccess | undefined {
  return (variable) => {
    const endpoint = environment[variable]
    if (!endpoint || isOwnAddress(endpoint, ownPorts, ownHost)) return undefined
    const shell = pick(environment, SHELL_CREDENTIALS)
    return {
      variable,
      endpoint,
      localEndpoint: endpoint,
      isEmbedded: false,
      overrides: (model) => ({ ...shell, ...overrideEmpty(model, variable, endpoint) }),
    }
  }
}

export function embeddedService(variable: EndpointVariable, endpoint: string): ServiceAccess {
  return {
    variable,
    endpoint,
    localEndpoint: loopbackUrl(endpoint),
    isEmbedded: true,
    overrides: (model) => overrideEmpty(model, variable, endpoint),
  }
}

/** Only where the template declares it empty: a value of its own is meant. */
function overrideEmpty(model: FunctionModel, variable: EndpointVariable, endpoint: string): Record<string, string> {
  return model.environment[variable] === '' ? { [variable]: endpoint } : {}
}

function isOwnAddress(address: string, ownPorts: readonly number[], ownHost: string | undefined): boolean {
  if (!URL.canParse(address)) return false
  const { hostname, port } = new URL(address)
  return ['127.0.0.1', 'localhost', '[::1]', urlHost(ownHost)].includes(hostname) && ownPorts.includes(Number(port))
}

function pick(environment: ShellEnvironment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])))
}
