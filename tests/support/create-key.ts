import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RunningStack } from './start-stack.ts'

const KEYS = join(import.meta.dirname, '..', '..', 'scripts', 'keys.ts')

/** Creates an API key of a running stack with `npm run keys`. */
export async function createKey(stack: RunningStack, name: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@bedrock-functions/source', KEYS, '--local', '--state', stack.stateDirectory, 'create', name],
    { env: { ...process.env, NODE_OPTIONS: '' } },
  )
  return stdout.trim()
}
