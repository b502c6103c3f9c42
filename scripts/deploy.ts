import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { shellWord } from '../local/shell-word.ts'
import { parseCloudFormationYaml } from '../local/template/cloudformation-yaml.ts'
import type { JsonObject } from '../local/template/json.ts'
import { type Ask, askDeploy, toSamArguments } from './deploy/ask-deploy.ts'

const ROOT = join(import.meta.dirname, '..')

/** `npm run deploy`: asks five questions, builds and runs `sam deploy`, which shows the changes and asks the sixth. */
async function main(): Promise<void> {
  if (spawnSync('sam', ['--version']).error) {
    console.error('This machine has no SAM CLI, which deploys the stack. README.md, "Deploy", has its address.')
    process.exitCode = 1
    return
  }
  const template = parseCloudFormationYaml(readFileSync(join(ROOT, 'template.yaml'), 'utf8')) as {
    Parameters: JsonObject
  }
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env
  const answers = await askAtTerminal((ask) =>
    askDeploy(ask, template.Parameters, AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1'),
  )
  const samArguments = toSamArguments(answers)
  console.log(`\nnpm run build && sam ${samArguments.map(shellWord).join(' ')}\n`)
  const isDone = run('npm', ['run', 'build']) && run('sam', samArguments)
  if (!isDone) process.exitCode = 1
}

function run(command: string, words: readonly string[]): boolean {
  return spawnSync(command, words, { cwd: ROOT, stdio: 'inherit' }).status === 0
}

/** Reads answers line by line, also where they come from a pipe. */
async function askAtTerminal<Answers>(read: (ask: Ask) => Promise<Answers>): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin })
  const lines = terminal[Symbol.asyncIterator]()
  try {
    return await read(async (question) => {
      process.stdout.write(question)
      const { value, done } = await lines.next()
      if (done) throw new Error('\nThe input ended before the last answer: nothing was deployed.')
      return value
    })
  } finally {
    terminal.close()
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
