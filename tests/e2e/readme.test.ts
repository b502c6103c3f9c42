import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const README = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8')

const scratch = mkdtempSync(join(tmpdir(), 'readme-'))
let stack: RunningStack
beforeAll(async () => {
  stack = await startStack()
}, 60_000)
afterAll(async () => {
  await stack.stop()
  rmSync(scratch, { recursive: true })
})

/** An interactive shell, without the files of the user. */
interface Shell {
  readonly name: string
  readonly options: readonly string[]
}

const BASH: Shell = { name: 'bash', options: ['--norc', '--noprofile', '-i'] }
const SHELLS: readonly Shell[] = [
  BASH,
  { name: 'zsh', options: ['-f', '-i'] },
  { name: 'fish', options: ['--no-config', '-i'] },
]

/** Pastes a block of the README into a shell, unchanged except for the port. */
function paste(block: string, { name, options }: Shell = BASH): { printed: string; complaints: string } {
  const path = join(scratch, `${name}.txt`)
  writeFileSync(path, block.replaceAll('http://127.0.0.1:3000', stack.api))
  // From a file: fish cannot read the socket that Node makes for an input.
  const input = openSync(path, 'r')
  const { stdout, stderr } = spawnSync(name, options, { encoding: 'utf8', stdio: [input, 'pipe', 'pipe'] })
  closeSync(input)
  return { printed: stdout, complaints: stderr }
}

function blocksOf(heading: string): string[] {
  const section = README.split(/^## /m).find((part) => part.startsWith(heading)) ?? ''
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '')
}

test('the first curl line answers', () => {
  const [, curl = ''] = blocksOf('Run it')
  expect(curl).toMatch(/^curl /)
  expect(JSON.parse(paste(curl).printed).output.message.content[0].text).toContain('富士山')
})

const installed = SHELLS.filter(({ name }) => spawnSync(name, ['--version']).status === 0)
if (installed.length < SHELLS.length)
  process.stderr.write('readme.test.ts: zsh or fish is not installed, and not tested\n')

test.each(installed)('the tour, pasted into $name, shows what it describes and prints little', (shell) => {
  const { printed, complaints } = paste(blocksOf('A tour').join(''), shell)
  for (const expected of [
    '"type":"message"',
    'event: messageStop',
    '"inputTokens":',
    '{EMAIL}',
    '"pricePerMillionTokens"',
    'The capital of France is Paris.',
    '"asyncInvokeSummaries":[',
    '"mode":',
    '"stopReason":"end_turn"',
    'x-amzn-errortype: ModelErrorException',
    '"object":"chat.completion"',
  ]) {
    expect(printed).toContain(expected)
  }
  expect(printed.length).toBeLessThan(12_000)
  expect(complaints).not.toMatch(/not found|rror:|nknown/)
})
