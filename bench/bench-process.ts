import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface BenchProcess {
  readonly pid: number
  stop(): Promise<void>
}

/**
 * Runs a script below bench/ in a process of its own, so that what a peer costs is not counted as ours. Resolves at its
 * first line of output.
 */
export async function startProcess(script: string, ...scriptArguments: string[]): Promise<BenchProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=@bedrock-functions/source', join(import.meta.dirname, script), ...scriptArguments],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(child.stdout, 'data')
  // A line per request would fill the pipe.
  child.stdout.resume()
  return {
    pid: child.pid ?? 0,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
