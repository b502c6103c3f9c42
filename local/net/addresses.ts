import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/** An address to listen on. */
export interface ListenAddress {
  readonly address: string
  /** True if a machine may lack the address. */
  readonly isOptional: boolean
}

const LOOPBACK = '127.0.0.1'
const ANY_IPV4 = '0.0.0.0'
/** Takes IPv4 connections, too. */
const ANY = '::'

/** Addresses of `localhost`, which resolves to either of them. */
const LOOPBACK_ADDRESSES: readonly [ListenAddress, ListenAddress] = [
  { address: LOOPBACK, isOptional: false },
  { address: '::1', isOptional: true },
]

/** Error of a host that is not an address of this machine. */
export class HostError extends Error {}

/** Loopback addresses and those of `host`. Rejects with a HostError for a name that does not resolve. */
export async function listenAddresses(host: string | undefined): Promise<readonly [ListenAddress, ...ListenAddress[]]> {
  if (host === undefined) return LOOPBACK_ADDRESSES
  if (host === ANY) return [{ address: ANY, isOptional: false }]
  if (host === ANY_IPV4) {
    return [
      { address: ANY_IPV4, isOptional: false },
      { address: '::1', isOptional: true },
    ]
  }
  const address = await resolve(host)
  const isBound = LOOPBACK_ADDRESSES.some((loopback) => loopback.address === address)
  return isBound ? LOOPBACK_ADDRESSES : [...LOOPBACK_ADDRESSES, { address, isOptional: false }]
}

/** Tests whether other machines reach a server that listens on `host`. */
export function isExposed(host: string | undefined): host is string {
  return host !== undefined && !isLoopback(host)
}

/** Lines that warn what other machines reach with `--host`; none on the loopback. */
export function describeExposure(host: string | undefined, what: string): readonly string[] {
  if (!isExposed(host)) return []
  return ['', `WARNING: --host ${host}: whoever reaches this machine's network can use ${what}.`]
}

/** Host for a URL; the loopback if the server listens on all addresses. */
export function urlHost(host: string | undefined): string {
  if (host === undefined || host === 'localhost' || host === ANY || host === ANY_IPV4) return LOOPBACK
  return isIP(host) === 6 ? `[${host}]` : host
}

/** Loopback URL of a server, in plain HTTP, for code in the process of the local stack. */
export function loopbackUrl(url: string): string {
  return `http://${LOOPBACK}:${new URL(url).port}`
}

/** True for a name or address of this machine itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

async function resolve(host: string): Promise<string> {
  try {
    return (await lookup(host)).address
  } catch (cause) {
    throw new HostError(`--host is "${host}", which is no address or known name`, { cause })
  }
}
