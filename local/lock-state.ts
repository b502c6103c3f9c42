import { mkdirSync } from 'node:fs'
import { DirectoryInUseError, type DirectoryLock, lockDirectory } from './storage/directory-lock.ts'

/** Another running stack uses the state directory. */
export class StateInUseError extends Error {}

/** Reserves the state directory for this stack and creates it where it is missing. */
export async function lockState(directory: string): Promise<DirectoryLock> {
  mkdirSync(directory, { recursive: true })
  try {
    return await lockDirectory(directory)
  } catch (cause) {
    if (!(cause instanceof DirectoryInUseError)) throw cause
    throw new StateInUseError(
      `Another running local stack uses ${directory}. ` +
        'Stop it, or give this stack its own directory and ports: --state DIRECTORY --port PORT',
      { cause },
    )
  }
}
