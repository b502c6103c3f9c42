import { findFreeBlock } from './free-ports.ts'
import { HostError, urlHost } from './net/addresses.ts'
import type { DualProtocolServer, ListenOptions } from './net/dual-protocol-server.ts'
import { PORT_OFFSETS } from './ports.ts'

/** A port of the block is in use. */
export class PortInUseError extends Error {}

type ServerKey = keyof typeof PORT_OFFSETS

/** Port of each server: those of the block, or any free port where the block begins at 0. */
export interface PortBlock {
  /** Empty where the ports are not known yet. */
  readonly all: readonly number[]
  /** Options by which the servers listen. */
  readonly options: ListenOptions
  portOf(server: ServerKey): number
}

export function createPortBlock(first: number, options: ListenOptions = {}): PortBlock {
  return {
    all: first === 0 ? [] : Object.values(PORT_OFFSETS).map((offset) => first + offset),
    options,
    portOf: (server) => (first === 0 ? 0 : first + PORT_OFFSETS[server]),
  }
}

/** Resolves to the server's address. Throws a PortInUseError with `name` and with a block of ports that are free. */
export async function listen(
  server: DualProtocolServer,
  name: string,
  ports: PortBlock,
  key: ServerKey,
): Promise<string> {
  const port = ports.portOf(key)
  const { options } = ports
  try {
    return `${options.tls ? 'https' : 'http'}://${urlHost(options.host)}:${await server.listen(port, options)}`
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EADDRNOTAVAIL')
      throw new HostError(`--host is "${options.host}", which is not an address of this machine`, { cause })
    if (code !== 'EADDRINUSE') throw cause
    const first = ports.portOf('api')
    const free = await findFreeBlock(first)
    throw new PortInUseError(
      `Port ${port}, for ${name} in the block from ${first}, is in use. ` +
        `The block from ${free} is free: npm start -- --port ${free}`,
      { cause },
    )
  }
}
