import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FrameReader, readEventHead } from '@bedrock-functions/runtime/event-stream'
import { createBedrockEmulator } from '../../local/bedrock/index.ts'
import { createLambdaService, type LambdaService } from '../../local/lambda/lambda-service.ts'
import { loadTemplate } from '../../local/template/load-template.ts'
import { buildBundles } from '../../scripts/build-bundles.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const EVENTS = join(ROOT, 'events')

/** What each event's answer must hold. */
const EXPECTED: Readonly<Record<string, object>> = {
  'apply-guardrail.json': { action: 'GUARDRAIL_INTERVENED', outputs: [{ text: expect.stringContaining('{EMAIL}') }] },
  'converse.json': {
    stopReason: 'end_turn',
    output: { message: { content: [{ text: expect.stringContaining('富士山') }] } },
  },
  'count-tokens.json': { inputTokens: expect.any(Number) },
  'direct-converse.json': { stopReason: 'end_turn', usage: { inputTokens: expect.any(Number) } },
  'direct-invoke-model.json': { contentType: 'application/json', body: { embedding: expect.any(Array) } },
  'invoke-model.json': { type: 'message', content: [{ type: 'text', text: expect.stringContaining('Paris') }] },
  'list-models.json': { currency: 'USD', models: expect.any(Array) },
}

const emulator = createBedrockEmulator({ environment: {} })
let lambda: LambdaService

async function startLambda(bedrockEndpoint: string): Promise<LambdaService> {
  const template = await loadTemplate(join(ROOT, 'template.yaml'))
  const artifacts = await buildBundles(template, { outputDirectory: join(ROOT, 'dist') })
  const directoryOf = (logicalId: string) => artifacts.get(logicalId)?.directory ?? ''
  return createLambdaService({
    region: 'us-east-1',
    functions: template.functions.map((model) => ({
      model,
      artifacts: {
        taskDirectory: directoryOf(model.logicalId),
        layerDirectories: model.layers.map(directoryOf),
      },
    })),
    environmentOverrides: () => ({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrockEndpoint }),
  })
}

beforeAll(async () => {
  lambda = await startLambda(`http://127.0.0.1:${await emulator.listen(0)}`)
}, 60_000)
afterAll(async () => {
  await lambda.close()
  await emulator.close()
})

/** The document of an answer, behind the metadata prelude where there is one. */
function documentOf(payload: Buffer): { statusCode: number | undefined; document: unknown } {
  const delimiter = payload.indexOf(Buffer.alloc(8))
  if (delimiter < 0) return { statusCode: undefined, document: JSON.parse(payload.toString()) }
  const { statusCode } = JSON.parse(payload.subarray(0, delimiter).toString())
  return { statusCode, document: JSON.parse(payload.subarray(delimiter + 8).toString()) }
}

const files = readdirSync(EVENTS).filter((name) => !name.startsWith('env-vars') && !name.includes('stream'))

test.each(files)('events/%s is answered', async (name) => {
  const { payload } = await lambda.invoke('InvokeFunction', readFileSync(join(EVENTS, name)))
  const { statusCode, document } = documentOf(payload)
  expect(statusCode).toBe(name.startsWith('direct-') ? undefined : 200)
  expect(EXPECTED[name]).toBeDefined()
  expect(document).toMatchObject(EXPECTED[name] ?? {})
})

test.each([
  ['converse-stream.json', 'event: metadata\n'],
  ['invoke-model-with-response-stream.json', 'event: chunk\n'],
])('events/%s is answered with server-sent events', async (name, last) => {
  const { payload } = await lambda.invoke('StreamFunction', readFileSync(join(EVENTS, name)))
  const text = payload.subarray(payload.indexOf(Buffer.alloc(8)) + 8).toString()
  expect(text.slice(text.lastIndexOf('event: '))).toMatch(new RegExp(`^${last}data: .*\\n\\n$`))
})

test('a direct event of a stream is answered with its frames', async () => {
  const event = {
    operation: 'ConverseStream',
    modelId: 'amazon.nova-lite-v1:0',
    messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
  }
  const { payload } = await lambda.invoke('StreamFunction', Buffer.from(JSON.stringify(event)))
  const frames = new FrameReader().push(payload)
  expect(frames.map(({ headers }) => readEventHead(headers).name).at(-1)).toBe('metadata')
})

test("a direct event's failure is a function error with Bedrock's name", async () => {
  const event = {
    operation: 'Converse',
    modelId: 'amazon.nova-lite-v1:0',
    messages: [{ role: 'user', content: [{ text: 'Hi [emulator:error=ModelErrorException]' }] }],
  }
  await expect(lambda.invoke('InvokeFunction', Buffer.from(JSON.stringify(event)))).rejects.toMatchObject({
    errorType: 'ModelErrorException',
  })
})

test('an address where nobody is gives ServiceUnavailableException with the reason', async () => {
  // A port that was free a moment ago.
  const gone = createBedrockEmulator({ environment: {} })
  const port = await gone.listen(0)
  await gone.close()
  const unreachable = await startLambda(`http://127.0.0.1:${port}`)
  try {
    const { payload } = await unreachable.invoke('InvokeFunction', readFileSync(join(EVENTS, 'converse.json')))
    expect(documentOf(payload)).toEqual({
      statusCode: 503,
      document: { message: 'Bedrock could not be reached: ECONNREFUSED.' },
    })
  } finally {
    await unreachable.close()
  }
})
