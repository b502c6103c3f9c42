import { cp, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linkDirectory } from './link-directory.ts'

/** Built directories of a function's code and of its layers. */
export interface FunctionArtifacts {
  readonly taskDirectory: string
  /** In the order in which Lambda unpacks them. */
  readonly layerDirectories: readonly string[]
}

export interface SandboxDirectory {
  readonly taskDirectory: string
  readonly optDirectory: string
  remove(): Promise<void>
}

/** Prefix before a process id, by which the next start finds unused directories. */
const PREFIX = 'local-stack-lambda-'

/**
 * Puts a function's artifacts outside of the repository, as Lambda unpacks them into /var/task and /opt. Node then cannot find
 * packages in a node_modules above, which a deploy does not have.
 */
export async function createSandboxDirectory(name: string, artifacts: FunctionArtifacts): Promise<SandboxDirectory> {
  const root = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${name}-`))
  const remove = () => rm(root, { recursive: true, force: true })
  const taskDirectory = join(root, 'task')
  const optDirectory = join(root, 'opt')
  try {
    await cp(artifacts.taskDirectory, taskDirectory, { recursive: true })
    await mkdir(optDirectory)
    for (const layer of artifacts.layerDirectories) await linkDirectory(layer, optDirectory)
  } catch (error) {
    await remove()
    throw error
  }
  return { taskDirectory, optDirectory, remove }
}

const OF_PROCESS = new RegExp(`^${PREFIX}(\\d+)-`)

/** Removes directories in `parent` that killed processes of this user left. */
export async function removeAbandonedSandboxes(parent = tmpdir()): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(OF_PROCESS.exec(name)?.[1] ?? process.pid)
    if (isRunning(pid)) continue
    const path = join(parent, name)
    // Another stack may remove them at the same time. A leftover must not stop the start.
    const owner = await lstat(path).catch(() => undefined)
    if (owner?.uid === process.getuid?.()) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user runs, too.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
