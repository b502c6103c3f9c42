import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { blocksOf, DOCS, hasPython, NODE, REPORTING_CURL, ROOT, runPage } from '../support/page-blocks.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const PAGE = join(DOCS, 'front-doors.md')
/** Packages that only .ci/run installs. */
const CLIENTS = join(ROOT, 'tests', 'clients')
const AWS =
  'export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local'

let stack: RunningStack
let verifying: RunningStack
beforeAll(async () => {
  ;[stack, verifying] = await Promise.all([startStack(), startStack({ arguments: ['--auth', 'iam'] })])
}, 90_000)
afterAll(() => Promise.all([stack.stop(), verifying.stop()]))

const [variables = '', curls = ''] = blocksOf(PAGE, 'sh')

/** Finds the program of the page that has a text. */
function programWith(language: string, text: string): string {
  const [program, ...others] = blocksOf(PAGE, language).filter((block) => block.includes(text))
  if (program === undefined || others.length > 0) throw new Error(`the page has not one program with ${text}`)
  return program
}

test('each curl line is answered, one of them as a stream', () => {
  const { stdout, stderr } = runPage({ script: `${REPORTING_CURL}${variables}\n${curls}` }, stack)
  expect(stderr.trim().split('\n')).toEqual(Array(4).fill(expect.stringMatching(/^200 [1-9]/)))
  expect(stdout).toContain('event: message_stop')
  expect(stdout).toContain('"object":"embedding"')
})

const hasClients = existsSync(join(CLIENTS, 'node_modules', 'ai'))

const JAVASCRIPT = [
  ["OpenAI's SDK", 3, 'const openai = new OpenAI()', ROOT, true],
  ["Anthropic's SDK", 2, 'const anthropic = new Anthropic()', ROOT, true],
  ['the AI SDK', 2, 'createOpenAICompatible', CLIENTS, hasClients],
  ['LangChain', 2, '@langchain/openai', CLIENTS, hasClients],
] as const

describe.each(JAVASCRIPT)('JavaScript: %s', (_, count, text, directory, isInstalled) => {
  const testIfInstalled = isInstalled ? test : test.skip

  testIfInstalled('the program prints all its answers', () => {
    const { stdout } = runPage(
      { script: `${variables}\nexec ${NODE}`, input: programWith('js', text), directory },
      stack,
    )
    expect(stdout.match(/Paris/g)).toHaveLength(count)
  })
})

const PYTHON = [
  ["OpenAI's SDK", 3, 'openai', 'client = openai.OpenAI()'],
  ["Anthropic's SDK", 2, 'anthropic', 'client = anthropic.Anthropic()'],
  ['LangChain', 2, 'langchain_openai', 'from langchain_openai'],
] as const

describe.each(PYTHON)('Python: %s', (_, count, name, text) => {
  const testIfInstalled = hasPython(name) ? test : test.skip

  testIfInstalled('the program prints all its answers', () => {
    const { stdout } = runPage({ script: `${variables}\nexec python3 -`, input: programWith('python', text) }, stack)
    expect(stdout.match(/Paris/g)).toHaveLength(count)
  })
})

test('JavaScript: both SDKs are answered by a stack that verifies signatures', () => {
  const input = programWith('js', 'signedFetch')
  const { stdout } = runPage({ script: `${variables}\n${AWS}\nexec ${NODE}`, input }, verifying)
  expect(stdout.match(/Paris/g)).toHaveLength(2)
})

const testWithSdks = ['openai', 'anthropic', 'boto3'].every(hasPython) ? test : test.skip

testWithSdks('Python: both SDKs are answered by a stack that verifies signatures', () => {
  const input = programWith('python', 'def sign(')
  const { stdout } = runPage({ script: `${variables}\n${AWS}\nexec python3 -`, input }, verifying)
  expect(stdout.match(/Paris/g)).toHaveLength(2)
})
