import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** The Bedrock emulator in a process of its own, so that what it costs is not counted as ours. */
export async function startEmulatorProcess(port: number): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const script = join(import.meta.dirname, '..', 'local', 'bedrock', 'main.ts')
  const child = spawn(process.execPath, ['--conditions=@bedrock-functions/source', script, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  // One line per request would fill the pipe.
  child.stdout.resume()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
