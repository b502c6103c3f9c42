import { loopbackUrl, urlHost } from './net/addresses.ts'
import type { FunctionModel } from './template/model.ts'

type ShellEnvironment = Readonly<Record<string, string | undefined>>

/** Variable from which AWS SDKs read a service's address. */
export type EndpointVariable =
  `AWS_ENDPOINT_URL_${'BEDROCK_RUNTIME' | 'BEDROCK' | 'SERVICE_QUOTAS' | 'S3' | 'EVENTBRIDGE' | 'SQS' | 'DYNAMODB'}`

/** Server of a service that the functions call. */
export interface ServiceAccess {
  readonly variable: EndpointVariable
  readonly endpoint: string
  /** Address for clients in this very process, which need not trust a certificate. */
  readonly localEndpoint: string
  /** False: the shell names another server. */
  readonly isEmbedded: boolean
  /** Variables that replace a function's own. */
  overrides(model: FunctionModel): Record<string, string>
}

/** Variables that accompany an address of the shell. Functions that call only embedded servers do not get them. */
const SHELL_CREDENTIALS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_REGION',
]

/**
 * Reads the service that the shell names in a variable; its credentials and Region are those of the shell. An address of
 * this stack is ignored: our instructions export it for clients, and functions would call themselves.
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

/** Replaces only an empty value. A template with a value of its own keeps it. */
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
