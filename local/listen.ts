import { urlHost } from './net/addresses.ts'
import type { DualProtocolServer, ListenOptions } from './net/dual-protocol-server.ts'
import { PORT_OFFSETS } from './ports.ts'

/** A port of the block is taken. */
export class PortInUseError extends Error {}

type ServerKey = keyof typeof PORT_OFFSETS

/** Where each server listens: the block's ports, or any free one where the block begins at 0. */
export interface PortBlock {
  /** None where they are not known yet. */
  readonly all: readonly number[]
  /** How the servers are reached. */
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

/** Resolves to the server's address; `name` is for the PortInUseError when the port is taken. */
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
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new PortInUseError(`Port ${port}, for ${name}, is in use. Move the whole block of ports with --port.`, {
      cause,
    })
  }
}
