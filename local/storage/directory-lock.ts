import { createHash } from 'node:crypto'
import { realpathSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Another process has the directory open; two writers of one journal would ruin it. */
export class DirectoryInUseError extends Error {}

export interface DirectoryLock {
  release(): Promise<void>
}

/** Shortest of all systems' limits for the path of a socket. Source: sys/un.h of macOS, less the final NUL. */
const MAXIMUM_SOCKET_PATH_BYTES = 103

/**
 * Takes an existing directory for this process: a socket that listens as long as the process lives, however it ends,
 * unlike a file with a process id in it.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = socketPath(realpathSync(directory))
  let server = await listen(path)
  if (!server && !(await isAnswered(path))) {
    rmSync(path, { force: true })
    server = await listen(path)
  }
  if (!server) throw new DirectoryInUseError(`${directory} is in use by another process`)
  // Nobody need wait for it.
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}

function socketPath(directory: string): string {
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\local-stack-${hash}`
  const inside = join(directory, 'lock.sock')
  return Buffer.byteLength(inside) <= MAXIMUM_SOCKET_PATH_BYTES ? inside : join(tmpdir(), `local-stack-${hash}.sock`)
}

/** Undefined when something is in the way: a listener, or the socket of a process that was killed. */
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
