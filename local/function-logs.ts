import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import type { LogLine } from './lambda/worker.ts'
import { writeTogether } from './net/write-together.ts'

/** Log files with the unchanged output of functions: `<directory>/<name>.log`. */
export interface FunctionLogs {
  append(line: LogLine): void
  /** Resolves when all lines are on disk. */
  close(): Promise<void>
}

export function createFunctionLogs(directory: string): FunctionLogs {
  const files = new Map<string, WriteStream>()

  function fileOf(functionName: string): WriteStream {
    const known = files.get(functionName)
    if (known) return known
    mkdirSync(directory, { recursive: true })
    const file = createWriteStream(join(directory, `${functionName}.log`), { flags: 'a' })
    file.on('error', (error) => console.error(`cannot write the log of ${functionName}: ${error.message}`))
    files.set(functionName, file)
    return file
  }

  return {
    append({ functionName, line }) {
      const file = fileOf(functionName)
      // The last lines of a killed worker may come after the close.
      if (file.writableEnded) return
      writeTogether(file)
      file.write(`${line}\n`)
    },
    async close() {
      await Promise.all([...files.values()].map((file) => new Promise((resolve) => file.end(resolve))))
    },
  }
}
