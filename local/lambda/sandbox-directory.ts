import { cp, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a function runs from: directories with its code and with its layers, each as the build left it. */
export interface FunctionArtifacts {
  readonly taskDirectory: string
  /** In the order in which Lambda unpacks them over each other. */
  readonly layerDirectories: readonly string[]
}

export interface SandboxDirectory {
  readonly taskDirectory: string
  readonly optDirectory: string
  remove(): Promise<void>
}

/** A process id follows: by it the next start knows what nobody uses any more. */
const PREFIX = 'local-stack-lambda-'

/**
 * Copies a function's artifacts out of the repository, as Lambda unpacks them into /var/task and /opt: Node's walk up
 * to the next node_modules then cannot find packages that a deploy would not have.
 */
export async function createSandboxDirectory(name: string, artifacts: FunctionArtifacts): Promise<SandboxDirectory> {
  const root = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${name}-`))
  const remove = () => rm(root, { recursive: true, force: true })
  const taskDirectory = join(root, 'task')
  const optDirectory = join(root, 'opt')
  try {
    await mkdir(optDirectory)
    await cp(artifacts.taskDirectory, taskDirectory, { recursive: true })
    for (const layer of artifacts.layerDirectories) await cp(layer, optDirectory, { recursive: true })
  } catch (error) {
    await remove()
    throw error
  }
  return { taskDirectory, optDirectory, remove }
}

const OF_PROCESS = new RegExp(`^${PREFIX}(\\d+)-`)

/** Removes what processes left behind in `parent` that were killed: this user's alone, as far as that can be. */
export async function removeAbandonedSandboxes(parent = tmpdir()): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(OF_PROCESS.exec(name)?.[1] ?? process.pid)
    if (isRunning(pid)) continue
    const path = join(parent, name)
    // Another stack that starts may be at it, too, and no leftover is worth a failed start.
    const owner = await lstat(path).catch(() => undefined)
    if (owner?.uid === process.getuid?.()) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Another user's runs as well.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
