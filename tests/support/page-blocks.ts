import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunningStack } from './start-stack.ts'

export const ROOT = join(import.meta.dirname, '..', '..')
export const DOCS = join(ROOT, 'docs')

/** Command that runs JavaScript or TypeScript from standard input, as a module of the working directory. */
export const NODE = `"${process.execPath}" --input-type=module-typescript -`

/** Returns the code blocks of a page in a language. */
export function blocksOf(page: string, language: string): string[] {
  const blocks = readFileSync(page, 'utf8').matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))
  return [...blocks].map(([, block]) => block ?? '')
}

export interface PageRun {
  readonly script: string
  readonly input?: string
  /** Directory whose packages a program uses; the repository by default. */
  readonly directory?: string
}

/** Environment of the tests without AWS variables: a page must set everything that its calls need. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')))

/** Runs a reader's shell with a stack's addresses. It ends at the first failure. */
export function runPage(
  { script, input = '', directory = ROOT }: PageRun,
  at: Pick<RunningStack, 'api' | 's3'>,
): { stdout: string; stderr: string } {
  const text = script.replaceAll('http://127.0.0.1:3000', at.api).replaceAll('http://127.0.0.1:3003', at.s3)
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', text], {
    cwd: directory,
    input,
    encoding: 'utf8',
    env: { ...environment, NODE_OPTIONS: '' },
  })
  if (status !== 0) throw new Error(`${text}\nended with ${status}:\n${stdout}\n${stderr}`)
  return { stdout, stderr }
}

/** Wrapper of curl that prints status and size of each answer to stderr. A refusal ends the shell. */
export const REPORTING_CURL = `curl() {
  command curl --silent --show-error --fail-with-body --write-out '%{stderr}%{http_code} %{size_download}\\n' "$@"
}
`

/** Tests whether Python has a package. npm does not install these. */
export function hasPython(name: string): boolean {
  return spawnSync('python3', ['-c', `import ${name}`]).status === 0
}
