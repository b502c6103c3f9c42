import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { encodeEvent } from '@bedrock-functions/runtime/event-stream'
import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts'
import { createStackClients, eventually, readText, type StackClients } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

/** Tests that requests reach Bedrock, and answers the caller, as they were written, on every path through the stack. */

const BUCKET = 'local-jobsbucket'
const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
const PATH = `/model/${encodeURIComponent(HAIKU)}`

/** Numbers that JavaScript changes, members out of order, and escapes that JSON.stringify would change. */
const EXACT = '"z":12345678901234567890,"a":[1.10,1.0,-0,1e400],"pr\\u00e9nom":"\\u65e5\\/","nested":{"b":1E+2}'
const ANSWER = `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"n","input":{${EXACT}}}}]}},"stopReason":"tool_use","usage":{"inputTokens":3,"outputTokens":5,"totalTokens":8},"metrics":{"latencyMs":1}}`
const NATIVE_ANSWER = `{"content":[],${EXACT}}`

function streamOf(text: string): Buffer {
  const input = JSON.stringify({ contentBlockIndex: 0, delta: { toolUse: { input: text } } })
  return Buffer.concat([
    encodeEvent('messageStart', '{"role":"assistant"}'),
    encodeEvent('contentBlockStart', '{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"t","name":"n"}}}'),
    encodeEvent('contentBlockDelta', input),
    encodeEvent('contentBlockStop', '{"contentBlockIndex":0}'),
    encodeEvent('messageStop', '{"stopReason":"tool_use"}'),
    encodeEvent('metadata', '{"usage":{"inputTokens":3,"outputTokens":5,"totalTokens":8},"metrics":{"latencyMs":1}}'),
  ])
}

let bedrock: RecordingServer
let stack: RunningStack
let clients: StackClients
beforeAll(async () => {
  bedrock = await startRecordingServer((index) => {
    const url = bedrock.requests[index]?.url ?? ''
    if (url.endsWith('/converse-stream')) {
      const headers = { 'content-type': 'application/vnd.amazon.eventstream' }
      return { statusCode: 200, headers, body: streamOf(`{${EXACT}}`) }
    }
    const body = url.endsWith('/invoke') ? NATIVE_ANSWER : ANSWER
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body }
  })
  stack = await startStack({ environment: { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url } })
  clients = createStackClients(stack)
}, 60_000)
afterAll(async () => {
  clients.destroy()
  await stack.stop()
  await bedrock.close()
})

const MESSAGES = '"messages":[{"role":"user","content":[{"text":"Hi"}]}]'
const converseOf = (mark: string) => `{${MESSAGES},"additionalModelRequestFields":{"mark":"${mark}",${EXACT}}}`
const nativeOf = (mark: string) => `{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"mark":"${mark}",${EXACT}}`

async function post(url: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  return `${response.status} ${await response.text()}`
}

const drop = (name: string, body: string) =>
  clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `inbox/${name}`, Body: Buffer.from(body) }))

/** Sends one request on each path. `mark` identifies it among the requests that reached Bedrock. */
const WAYS: Readonly<Record<string, (mark: string) => Promise<unknown>>> = {
  Converse: (mark) => post(`${stack.api}${PATH}/converse`, converseOf(mark)),
  'Converse with requestMetadata': (mark) =>
    post(`${stack.api}${PATH}/converse`, converseOf(mark).replace('{', '{"requestMetadata":{"team":"a"},')),
  InvokeModel: (mark) => post(`${stack.api}${PATH}/invoke`, nativeOf(mark)),
  'ConverseStream by the function URL': (mark) => post(`${stack.functionUrl}${PATH}/converse-stream`, converseOf(mark)),
  'Prefer: respond-async': (mark) =>
    post(`${stack.api}${PATH}/converse`, converseOf(mark), { prefer: 'respond-async, wait=20' }),
  'a native job': (mark) => post(`${stack.api}/async-invoke`, `{"modelId":"${HAIKU}","modelInput":${nativeOf(mark)}}`),
  'a Converse job': (mark) =>
    post(`${stack.api}/async-invoke`, `{"modelId":"${HAIKU}","input":{"converse":${converseOf(mark)}}}`),
  'a drop of a Converse body': (mark) => drop('exact.json', converseOf(mark).replace('{', `{"modelId":"${HAIKU}",`)),
  'a drop of a native body': (mark) => drop('native.json', nativeOf(mark).replace('{', `{"modelId":"${HAIKU}",`)),
  'an event with the document as text': (mark) =>
    clients.events.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: 'local',
            Source: 'shop',
            DetailType: 'Inference Requested',
            Detail: JSON.stringify({ modelId: HAIKU, modelInput: nativeOf(mark) }),
          },
        ],
      }),
    ),
  'the workflow, sync': (mark) =>
    post(`${stack.api}/workflow`, `{"mode":"sync","modelId":"${HAIKU}","invokeModel":${nativeOf(mark)}}`),
  'the workflow, async': (mark) =>
    post(`${stack.api}/workflow`, `{"mode":"async","modelId":"${HAIKU}","invokeModel":${nativeOf(mark)}}`),
}

test.each(Object.keys(WAYS))('numbers, order and escapes reach Bedrock as they were written: %s', async (way) => {
  const mark = `mark-${Object.keys(WAYS).indexOf(way)}`
  await WAYS[way]?.(mark)
  const sent = await eventually(async () => bedrock.requests.find(({ body }) => body.includes(mark)))
  // The workflow carries a document and not its text, so Step Functions decides on escapes and the order of names.
  const expected = way.startsWith('the workflow') ? '"z":12345678901234567890' : EXACT
  expect(sent.body).toContain(expected)
})

test('numbers, order and escapes are returned as Bedrock wrote them', async () => {
  expect(await post(`${stack.api}${PATH}/converse`, converseOf('back'))).toBe(`200 ${ANSWER}`)
  expect(await post(`${stack.api}${PATH}/invoke`, nativeOf('back'))).toBe(`200 ${NATIVE_ANSWER}`)
  const waited = await post(`${stack.api}${PATH}/converse`, converseOf('later'), { prefer: 'respond-async, wait=20' })
  expect(waited).toContain(EXACT)
})

test('numbers, order and escapes are unchanged in the output of a job and under outbox/', async () => {
  const outbox = await eventually(() => readText(clients.s3, BUCKET, 'outbox/exact.json'))
  expect(outbox).toContain(`"input":{${EXACT}}`)
  expect(await eventually(() => readText(clients.s3, BUCKET, 'outbox/native.json'))).toBe(NATIVE_ANSWER)
})

describe('a body behind a byte order mark', () => {
  const BOM = '\ufeff'
  const forged = (mark: string) => `${BOM}${converseOf(mark).replace('{', '{"requestMetadata":{"caller":"mallory"},')}`

  test.each([
    ['Converse', () => `${stack.api}${PATH}/converse`],
    ['ConverseStream', () => `${stack.functionUrl}${PATH}/converse-stream`],
  ])('cannot forge its caller: %s', async (operation, url) => {
    await post(url(), forged(`bom-${operation}`))
    const sent = bedrock.requests.filter(({ body }) => body.includes(`bom-${operation}"`))
    for (const { body } of sent) {
      expect(body).toContain('"caller":"arn:aws:iam::123456789012:user/local"')
      expect(body).not.toContain('mallory')
    }
  })

  test('cannot forge its caller in a job', async () => {
    await drop('bom.json', forged('bom-drop').replace('{', `{"modelId":"${HAIKU}",`))
    const answer = await eventually(() => readText(clients.s3, BUCKET, 'outbox/bom.json'))
    expect(answer).not.toContain('mallory')
    for (const { body } of bedrock.requests.filter(({ body }) => body.includes('bom-drop'))) {
      expect(body).not.toContain('mallory')
    }
  })
})

describe.each([9_000, 100_000])('%i levels of nesting', (levels) => {
  const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`
  const converse = `{${MESSAGES},"requestMetadata":{"a":"b"},"additionalModelRequestFields":{"a":${deep}}}`

  test.each<[string, () => string, string]>([
    ['Converse', () => `${stack.api}${PATH}/converse`, converse],
    ['ConverseStream', () => `${stack.functionUrl}${PATH}/converse-stream`, converse],
    ['InvokeModel', () => `${stack.api}${PATH}/invoke`, `{"a":${deep}}`],
    ['CountTokens', () => `${stack.api}${PATH}/count-tokens`, `{"input":{"converse":${converse}}}`],
    ['an estimate', () => `${stack.api}/estimate`, `{"modelId":"${HAIKU}","input":{"converse":${converse}}}`],
    ['StartAsyncInvoke', () => `${stack.api}/async-invoke`, `{"modelId":"${HAIKU}","modelInput":{"a":${deep}}}`],
  ])('are a ValidationException that names the limit: %s', async (_name, url, body) => {
    expect(await post(url(), body)).toMatch(/^400 .*nested deeper than 1000 levels/)
  })

  test('are answered under outbox/', async () => {
    await drop(`deep-${levels}.json`, `{"modelId":"${HAIKU}","a":${deep}}`)
    const answer = await eventually(() => readText(clients.s3, BUCKET, `outbox/deep-${levels}.json`))
    expect(answer).toContain('nested deeper than 1000 levels')
  })
})
