import { execFile } from 'node:child_process'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { type Certificate, openCertificate } from '../../local/net/certificate.ts'
import { type Language, type SnippetInput, writeSnippet } from '../../local/page/src/snippets.ts'
import { makePng } from '../support/media.ts'
import { hasPython, NODE, ROOT } from '../support/page-blocks.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

let stack: RunningStack
/** Server with TLS before the stack, which records the bodies. */
let recorder: Http2SecureServer
let certificate: Certificate
let bodies: unknown[]

beforeAll(async () => {
  stack = await startStack()
  certificate = await openCertificate(join(stack.stateDirectory, 'recorder'), undefined)
  const options = { allowHTTP1: true, key: certificate.privateKey, cert: certificate.certificate }
  recorder = createSecureServer(options, async (request, response) => {
    const body = await text(request)
    bodies.push(JSON.parse(body))
    const { accept, authorization, 'anthropic-version': version } = request.headers
    const headers = Object.entries({ accept, authorization, 'anthropic-version': version as string })
    const answer = await fetch(`${stack.api}${request.url}`, {
      method: 'POST',
      headers: headers.filter((header): header is [string, string] => header[1] !== undefined),
      body,
    })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    response.end(await answer.text())
  })
  await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve))
}, 60_000)
beforeEach(() => {
  bodies = []
})
afterAll(async () => {
  recorder.close()
  await stack.stop()
})

const MODEL_ID = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
const QUESTION = 'What is the capital of France?'
/** Quotes, escapes and expansions of shells and languages, and characters that could hide code. */
const HARD_TEXT = `It's "quoted" \`id\` $HOME \${x} \\ \\n \\ud800 日本 \u{1f600}\u202e\u0007\u009b\r\n{"a": null} #{x} %s`

const REQUEST: SnippetInput['request'] = {
  system: [{ text: `Be brief. ${HARD_TEXT}` }],
  messages: [
    {
      role: 'user',
      content: [
        { image: { format: 'png', source: { bytes: makePng(1, 1).toString('base64') } } },
        { text: `Which weather? ${HARD_TEXT}` },
      ],
    },
    {
      role: 'assistant',
      content: [
        {
          toolUse: {
            toolUseId: 'tool-1',
            name: 'weather',
            input: {
              city: HARD_TEXT,
              now: true,
              days: null,
              source: { bytes: 'as text' },
              [HARD_TEXT]: [1.5, false, {}],
            },
          },
        },
      ],
    },
    {
      role: 'user',
      content: [{ toolResult: { toolUseId: 'tool-1', content: [{ text: HARD_TEXT }] } }, { text: QUESTION }],
    },
  ],
  inferenceConfig: { maxTokens: 200, temperature: 0.5 },
  toolConfig: { tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }] },
  additionalModelRequestFields: { top_k: 10 },
}

const PLAIN_REQUEST: SnippetInput['request'] = { messages: [{ role: 'user', content: [{ text: QUESTION }] }] }

interface Program {
  readonly command: string
  readonly packages: readonly string[]
  /** True for contracts of others, into which the page translates only texts. */
  readonly hasTextsOnly?: boolean
}

const PROGRAMS: Readonly<Record<Language, Program>> = {
  curl: { command: 'bash --norc', packages: [] },
  JavaScript: { command: NODE, packages: [] },
  boto3: { command: 'python3 -', packages: ['boto3'] },
  openai: { command: 'python3 -', packages: ['openai'], hasTextsOnly: true },
  anthropic: { command: 'python3 -', packages: ['anthropic'], hasTextsOnly: true },
}

/** Variables by which clients trust a certificate. */
const TRUST = ['AWS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE']

/** Runs code as it is pasted. With a key it calls the recorder, and its environment has the key. */
async function paste(language: Language, request: SnippetInput['request'], needsKey: boolean): Promise<string> {
  const baseUrl = needsKey ? `https://127.0.0.1:${(recorder.address() as AddressInfo).port}` : stack.api
  const code = writeSnippet(language, { modelId: MODEL_ID, request, baseUrl, region: 'us-east-1', needsKey })
  const { PATH, HOME } = process.env
  const withKey = {
    AWS_BEARER_TOKEN_BEDROCK: 'key-of-a-visitor',
    ...Object.fromEntries(TRUST.map((name) => [name, certificate.file])),
  }
  const running = promisify(execFile)('bash', ['--norc', '-c', PROGRAMS[language].command], {
    cwd: ROOT,
    env: { PATH, HOME, ...(needsKey && withKey) },
  })
  running.child.stdin?.end(`${code}\n`)
  return (await running).stdout
}

describe.each(Object.keys(PROGRAMS) as Language[])('%s', (language) => {
  const { packages, hasTextsOnly } = PROGRAMS[language]
  const testIfInstalled = packages.every(hasPython) ? test : test.skip

  testIfInstalled('code for hard texts, an image and tools sends what the page sends', async () => {
    expect(await paste(language, REQUEST, true)).toContain('Paris')
    if (!hasTextsOnly) return expect(bodies).toEqual([REQUEST])
    const sent = JSON.stringify(bodies)
    expect(sent.split(JSON.stringify(HARD_TEXT).slice(1, -1))).toHaveLength(3)
    expect(bodies).toEqual([expect.objectContaining({ model: MODEL_ID, max_tokens: 200, temperature: 0.5 })])
  })

  testIfInstalled('code for a stack without keys needs no variable', async () => {
    expect(await paste(language, PLAIN_REQUEST, false)).toContain('Paris')
  })
})

test('code has no character that hides other code', () => {
  for (const language of Object.keys(PROGRAMS) as Language[]) {
    const input = { modelId: MODEL_ID, request: REQUEST, baseUrl: 'http://x', region: 'us-east-1', needsKey: true }
    expect(writeSnippet(language, input)).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
  }
})
