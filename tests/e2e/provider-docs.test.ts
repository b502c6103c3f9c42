import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { blocksOf, DOCS, hasPython, NODE, REPORTING_CURL, runPage } from '../support/page-blocks.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const SAMPLES = join(DOCS, 'samples')
const PROVIDERS = join(DOCS, 'providers')

let stack: RunningStack
let verifying: RunningStack
beforeAll(async () => {
  stack = await startStack()
  verifying = await startStack({ arguments: ['--auth', 'iam'] })
}, 60_000)
afterAll(async () => {
  await stack.stop()
  await verifying.stop()
})

function listPages(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(directory, name))
}

function expectAnswers(page: string): string {
  const script = blocksOf(page, 'sh').join('\n')
  const { stdout, stderr } = runPage({ script: REPORTING_CURL + script }, stack)
  const answers = stderr.trim().split('\n')
  // A loop may have nothing to wait for.
  const calls = script.match(/^(?!while).*\bcurl /gm) ?? []
  expect(calls).not.toEqual([])
  expect(answers.length).toBeGreaterThanOrEqual(calls.length)
  expect(answers.filter((answer) => !/^200 [1-9]/.test(answer))).toEqual([])
  expect(stdout).not.toMatch(/^event: error|"models":\[\]/m)
  return stdout
}

test.each(listPages(PROVIDERS))('the calls of %s are answered', (page) => {
  expect(expectAnswers(page)).not.toBe('')
})

test('the calls of curl.md give an answer, a stream and a job', () => {
  const printed = expectAnswers(join(SAMPLES, 'curl.md'))
  for (const expected of ['"stopReason":"end_turn"', 'event: metadata', '"stop_reason":"end_turn"']) {
    expect(printed).toContain(expected)
  }
})

/** Second program of a page, which signs itself, against a stack that verifies signatures. */
function expectSignedCalls(page: string, language: string, command: string): void {
  const [settings = ''] = blocksOf(page, 'sh')
  const program = blocksOf(page, language).find((block) => block.includes('/uploads')) ?? ''
  const { stdout } = runPage({ script: `${settings}\nexec ${command}`, input: program }, verifying)
  expect(stdout).toMatch(/I received a TXT document "report"/)
}

function expectThreeLines(page: string, language: string, command: string): void {
  const [settings = ''] = blocksOf(page, 'sh')
  const [program = ''] = blocksOf(page, language)
  const { stdout } = runPage({ script: `${settings}\nexec ${command}`, input: program }, stack)
  const [answer, streamed, job] = stdout.trim().split('\n')
  expect(answer).toMatch(/\w/)
  expect(streamed).toBe(answer)
  expect(job).toBe(answer)
}

test("typescript.md gives an answer, a stream and a job's output", () => {
  expectThreeLines(join(SAMPLES, 'typescript.md'), 'ts', NODE)
})

test('typescript.md signs calls that no SDK knows, down to the output of a job on an upload', () => {
  expectSignedCalls(join(SAMPLES, 'typescript.md'), 'ts', NODE)
})

function expectTwoAnswers(page: string, language: string, command: string): void {
  const [settings = ''] = blocksOf(page, 'sh')
  const program = blocksOf(page, language).find((block) => block.includes('nova-lite')) ?? ''
  const { stdout } = runPage({ script: `${settings}\nexec ${command}`, input: program }, stack)
  expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)])
}

test('typescript.md gives answers through the SDKs of OpenAI and Anthropic', () => {
  expectTwoAnswers(join(SAMPLES, 'typescript.md'), 'ts', NODE)
})

const testWithSdks = hasPython('openai') && hasPython('anthropic') ? test : test.skip

testWithSdks('python.md gives answers through the SDKs of OpenAI and Anthropic', () => {
  expectTwoAnswers(join(SAMPLES, 'python.md'), 'python', 'python3 -')
})

const testWithBoto3 = hasPython('boto3') ? test : test.skip

testWithBoto3("python.md gives an answer, a stream and a job's output", () => {
  expectThreeLines(join(SAMPLES, 'python.md'), 'python', 'python3 -')
})

testWithBoto3('python.md signs calls that no SDK knows, down to the output of a job on an upload', () => {
  expectSignedCalls(join(SAMPLES, 'python.md'), 'python', 'python3 -')
})

test.each([...listPages(SAMPLES), ...listPages(PROVIDERS)])('the links of %s exist', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? '')
  expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([])
})
