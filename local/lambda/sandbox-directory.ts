import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
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

/**
 * Copies a function's artifacts out of the repository, as Lambda unpacks them into /var/task and /opt: Node's walk up
 * to the next node_modules then cannot find packages that a deploy would not have.
 */
export async function createSandboxDirectory(name: string, artifacts: FunctionArtifacts): Promise<SandboxDirectory> {
  const root = await mkdtemp(join(tmpdir(), `lambda-${name}-`))
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
