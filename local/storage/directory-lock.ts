import { createHash } from 'node:crypto'
import { realpathSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Another process uses the directory. Two writers would damage its journal. */
export class DirectoryInUseError extends Error {}

export interface DirectoryLock {
  release(): Promise<void>
}

/** Smallest limit of all systems for a socket's path. Source: sys/un.h of macOS, without the final NUL. */
const MAX_SOCKET_PATH_BYTES = 103

/**
 * Reserves an existing directory for this process. The lock is a listening socket: unlike a file with a process id, it ends
 * with the process, however the process ends.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = socketPath(realpathSync(directory))
  let server = await listen(path)
  if (!server && !(await isAnswered(path))) {
    rmSync(path, { force: true })
    server = await listen(path)
  }
  if (!server) throw new DirectoryInUseError(`${directory} is in use by another process`)
  // The lock does not keep the process alive.
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}

function socketPath(directory: string): string {
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\local-stack-${hash}`
  const inside = join(directory, 'lock.sock')
  return Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES ? inside : join(tmpdir(), `local-stack-${hash}.sock`)
}

/** Undefined when the path is in use, by a listener or by the socket of a killed process. */
function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(path, () => resolve(server))
  })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
