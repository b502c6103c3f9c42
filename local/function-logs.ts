import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import type { LogLine } from './lambda/worker.ts'

/** Keeps what functions print, as they print it: one file a function, `<directory>/<name>.log`. */
export interface FunctionLogs {
  append(line: LogLine): void
  /** Resolves when all is on disk. */
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
      // The last words of a worker that was killed may come after the close.
      if (!file.writableEnded) file.write(`${line}\n`)
    },
    async close() {
      await Promise.all([...files.values()].map((file) => new Promise((resolve) => file.end(resolve))))
    },
  }
}
