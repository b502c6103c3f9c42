import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const README = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8')

let stack: RunningStack
beforeAll(async () => {
  stack = await startStack()
}, 60_000)
afterAll(() => stack.stop())

/** Runs a block of the README in a shell, unchanged except for the port. */
function paste(block: string): string {
  return execFileSync('bash', ['-euo', 'pipefail', '-c', block.replaceAll('http://127.0.0.1:3000', stack.api)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

function blocksOf(heading: string): string[] {
  const section = README.split(/^## /m).find((part) => part.startsWith(heading)) ?? ''
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '')
}

test('the first curl line answers', () => {
  const [, curl = ''] = blocksOf('Run it')
  expect(curl).toMatch(/^curl /)
  expect(JSON.parse(paste(curl)).output.message.content[0].text).toContain('富士山')
})

test('the tour shows what it describes', () => {
  const [tour = ''] = blocksOf('A tour')
  const printed = paste(tour)
  for (const expected of [
    '"type":"message"',
    '"embedding":[',
    '"inputTokens":',
    '{EMAIL}',
    ':async-invoke/',
    '"asyncInvokeSummaries":[',
    '"mode":',
    '"pricePerMillionTokens"',
    '"stopReason":"end_turn"',
    'x-amzn-errortype: ModelErrorException',
  ]) {
    expect(printed).toContain(expected)
  }
})
