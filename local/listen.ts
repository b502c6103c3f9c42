import type { DualProtocolServer } from './net/dual-protocol-server.ts'
import { PORT_OFFSETS } from './ports.ts'

/** A port of the block is taken. */
export class PortInUseError extends Error {}

/** Where each server listens: the block's ports, or any free one where the block begins at 0. */
export interface PortBlock {
  /** None where they are not known yet. */
  readonly all: readonly number[]
  portOf(server: keyof typeof PORT_OFFSETS): number
}

export function createPortBlock(first: number): PortBlock {
  return {
    all: first === 0 ? [] : Object.values(PORT_OFFSETS).map((offset) => first + offset),
    portOf: (server) => (first === 0 ? 0 : first + PORT_OFFSETS[server]),
  }
}

/** Resolves to the server's address; `name` is for the PortInUseError when the port is taken. */
export async function listen(server: DualProtocolServer, name: string, port: number): Promise<string> {
  try {
    return `http://127.0.0.1:${await server.listen(port)}`
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new PortInUseError(`Port ${port}, for ${name}, is in use. Move the whole block of ports with --port.`, {
      cause,
    })
  }
}
