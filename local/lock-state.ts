import { mkdirSync } from 'node:fs'
import { DirectoryInUseError, type DirectoryLock, lockDirectory } from './storage/directory-lock.ts'

/** Another stack that runs has its state there. */
export class StateInUseError extends Error {}

/** Takes the directory that holds what a stack keeps over restarts; makes it where it is missing. */
export async function lockState(directory: string): Promise<DirectoryLock> {
  mkdirSync(directory, { recursive: true })
  try {
    return await lockDirectory(directory)
  } catch (cause) {
    if (!(cause instanceof DirectoryInUseError)) throw cause
    throw new StateInUseError(
      `${directory} holds the state of another local stack that is running. ` +
        'Stop that one, or give this one a directory and ports of its own: --state DIRECTORY --port PORT.',
      { cause },
    )
  }
}
