import { join } from 'node:path'
import { createRestApi } from '../../../../local/gateway/rest-api.ts'
import type { LambdaService } from '../../../../local/lambda/lambda-service.ts'
import { loadTemplate } from '../../../../local/template/load-template.ts'
import { startSyncExecution } from '../../../../local/workflow/index.ts'
import { type RunningWorkflow, startWorkflow } from '../../statemachine/support/start-workflow.ts'

const template = loadTemplate(join(import.meta.dirname, '..', '..', '..', '..', 'template.yaml'), {
  parameters: { CorsAllowOrigin: 'https://app.example.com' },
})
const QUESTION = '日本で一番高い山は?'

let workflow: RunningWorkflow
let server: ReturnType<typeof createRestApi>
let url: string

beforeAll(async () => {
  const [stateMachine] = template.stateMachines
  const [bucket] = template.buckets
  const [api] = template.restApis
  if (!stateMachine || !bucket || !api) throw new Error('template.yaml has no workflow')
  workflow = await startWorkflow({ stateMachine, bucket: bucket.name })
  server = createRestApi({
    api,
    // These routes have no function.
    lambda: {} as LambdaService,
    accountId: template.accountId,
    startSyncExecution: (request) => startSyncExecution(workflow.stepFunctions, request),
  })
  url = `http://127.0.0.1:${await server.listen(0)}/workflow`
})
afterAll(async () => {
  await server.close()
  workflow.functions.close()
  await workflow.close()
})

async function post(body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    errorType: answer.headers.get('x-amzn-errortype'),
    document: JSON.parse(text),
    answer,
  }
}

test.each(['direct', 'sync', 'async', 'auto'])('a prompt in mode %s is answered', async (mode) => {
  const { status, document, answer } = await post({ prompt: QUESTION, mode })
  expect(status).toBe(200)
  expect(document).toMatchObject({ status: 'Completed', text: expect.stringContaining('富士山') })
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
})

test('the form media type of curl is read as JSON, and other types are refused', async () => {
  const form = await post({ prompt: QUESTION }, { 'content-type': 'application/x-www-form-urlencoded' })
  expect(form.status).toBe(200)
  const text = await post({ prompt: QUESTION }, { 'content-type': 'text/plain' })
  expect(text).toMatchObject({ status: 415, document: { message: 'Unsupported Media Type' } })
})

test('quotes, backslashes, newlines and every script pass both templates', async () => {
  const prompt = `it's "quoted" \\ back\n\t${QUESTION} 🗻 </script>`
  await post({ prompt, mode: 'sync' })
  const call = workflow.functions.events.at(-1)?.event
  expect(JSON.parse(call?.body as string)).toMatchObject({ messages: [{ content: [{ text: prompt }] }] })
  const { document } = await post({ prompt: '[emulator:say=it\'s \\ "so"\n]', mode: 'direct' })
  expect(document.text).toBe('it\'s \\ "so"\n')
})

test('the caller comes from API Gateway, not from the body', async () => {
  const forged = { identity: { userArn: 'arn:aws:iam::123456789012:user/mallory' } }
  await post(
    { prompt: 'Hi', mode: 'sync', requestContext: forged, request: { prompt: 'no' } },
    { authorization: 'Bearer abc' },
  )
  expect(workflow.functions.events.at(-1)?.event).toMatchObject({
    requestContext: {
      identity: { userArn: expect.stringContaining(':user/key-'), apiKeyId: expect.stringMatching(/^\w{10}$/) },
    },
  })
  await post({ prompt: 'Hi', mode: 'sync' })
  expect(workflow.functions.events.at(-1)?.event).toMatchObject({
    requestContext: { identity: { userArn: 'arn:aws:iam::123456789012:user/local', apiKeyId: '' } },
  })
})

test('an unfinished job is a 202', async () => {
  workflow.functions.setCourse({ polls: 99 })
  const { status, document } = await post({ prompt: 'Hi', mode: 'async', waitSeconds: 1 })
  workflow.functions.setCourse({})
  expect(status).toBe(202)
  expect(document).toMatchObject({ status: 'InProgress', invocationArn: expect.any(String) })
})

describe('errors have the shape of all errors', () => {
  test.each<[number, string, string, unknown]>([
    [400, 'ValidationException', 'mode', { prompt: 'a', mode: 'fast' }],
    [400, 'ValidationException', 'waitSeconds', { prompt: 'a', waitSeconds: 26 }],
    [400, 'ValidationException', 'inputS3Uri', { prompt: 'x'.repeat(300 * 1024) }],
    [400, 'ValidationException', 'JSON object', []],
    [400, 'ValidationException', 'JSON object', '"text"'],
    [403, 'AccessDeniedException', 'modelId', { prompt: 'a', mode: 'direct', modelId: 'amazon.nova-lite-v1:0' }],
    [429, 'ThrottlingException', 'requests', { prompt: '[emulator:throttle=99] a', mode: 'direct' }],
    [429, 'ThrottlingException', 'requests', { prompt: '[emulator:throttle=99] b', mode: 'sync' }],
    [424, 'ModelErrorException', '', { prompt: '[emulator:error=ModelErrorException]', mode: 'direct' }],
    [
      408,
      'ModelTimeoutException',
      'waitSeconds',
      { prompt: '[emulator:stall=5000] c', mode: 'direct', waitSeconds: 1 },
    ],
    [503, 'ServiceUnavailableException', '', { prompt: '[emulator:error=ServiceUnavailableException]', mode: 'sync' }],
  ])('%d %s: %s', async (status, errorType, word, body) => {
    const { document, answer, ...rest } = await post(body)
    expect(rest).toEqual({ status, errorType })
    expect(Object.keys(document)).toEqual(['message'])
    expect(document.message).toContain(word)
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
  })

  test('a body that is not JSON is a ValidationException', async () => {
    expect(await post('{"prompt":')).toMatchObject({
      status: 400,
      errorType: 'ValidationException',
      document: { message: 'Could not parse request body into json' },
    })
  })

  test('an answer above 256 KiB is an error', async () => {
    const modelId = 'global.anthropic.claude-haiku-4-5-20251001-v1:0'
    const { status, document } = await post({
      prompt: '[emulator:tokens=60000]',
      maxTokens: 64_000,
      mode: 'sync',
      modelId,
    })
    expect(status).toBe(400)
    expect(document.message).toContain('mode async')
  })
})
