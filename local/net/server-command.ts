import { urlHost } from './addresses.ts'
import type { DualProtocolServer } from './dual-protocol-server.ts'

/** Reads the value of `--port`; 0 stands for a free port. */
export function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new Error(`--port is "${text}", it must be a whole number from 0 to 65535`)
}

/** Port of a server, and its host beside the loopback. */
export interface Place {
  readonly port: number
  readonly host?: string | undefined
}

/** Resolves to the server's URL. Rejects with a sentence for the console, which begins with `name`. */
export async function startServer(server: DualProtocolServer, { port, host }: Place, name: string): Promise<string> {
  try {
    return `http://${urlHost(host)}:${await server.listen(port, { host })}`
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? `port ${port} is in use. Choose another with --port.` : message
    throw new Error(`${name} cannot start: ${reason}`, { cause })
  }
}

/** Runs a command until a signal; an error becomes its message and exit code 1. */
export function runCommand(main: () => Promise<{ close(): Promise<void> } | undefined>): void {
  main()
    .then((running) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running?.close())
    })
    .catch((error: Error) => {
      console.error(error.message)
      process.exitCode = 1
    })
}
