import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { ModelCall } from '../../../layers/runtime/src/core/model-call.ts'
import { createContentStage } from '../../../layers/runtime/src/pipeline/content/content-stage.ts'
import { createObjectReader } from '../../../layers/runtime/src/pipeline/content/read-object.ts'
import { passStage } from '../../support/calls.ts'
import { CLAUDE, type JsonReply, PNG, post, type RunningEmulator, startEmulator } from '../bedrock-emulator/support.ts'
import { PLAIN, type RunningS3, startS3 } from '../s3/support/start-s3.ts'

/** Tests that requests which the stage passes on are accepted by the emulator, which refuses requests like Bedrock. */

let emulator: RunningEmulator
let s3: RunningS3

beforeAll(async () => {
  ;[emulator, s3] = await Promise.all([startEmulator(), startS3()])
  const put = (Key: string, Body: Buffer) => s3.client.send(new PutObjectCommand({ Bucket: PLAIN, Key, Body }))
  await Promise.all([
    put('in/cat.png', PNG),
    put('in/empty', Buffer.alloc(0)),
    put('in/large', Buffer.alloc(4_000_000)),
  ])
})

afterAll(async () => {
  await Promise.all([emulator.close(), s3.close()])
})

async function converse(
  body: object,
  headers: Record<string, string> = {},
): Promise<JsonReply & Pick<ModelCall, 'replyHeaders'>> {
  const stage = createContentStage({
    inputLocations: [`arn:aws:s3:::${PLAIN}/in/*`, 'arn:aws:s3:::elsewhere/*'],
    read: createObjectReader(s3.client),
  })
  const passed = await passStage(stage, {
    operation: 'Converse',
    modelId: CLAUDE,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
    caller: undefined,
    replyHeaders: {},
  })
  const reply = await post(emulator.url, `/model/${encodeURIComponent(CLAUDE)}/converse`, passed.body)
  return { ...reply, replyHeaders: passed.replyHeaders }
}

const asking = (...content: object[]) => ({
  messages: [{ role: 'user', content: [{ text: 'What is this?' }, ...content] }],
})
const imageAt = (uri: string, more: object = {}) => ({
  image: { format: 'png', source: { s3Location: { uri, ...more } } },
})

test('an image in S3 reaches a model that does not read S3', async () => {
  const { status, body } = await converse(asking(imageAt(`s3://${PLAIN}/in/cat.png`)))

  expect(status).toBe(200)
  expect(body.output.message.content[0].text).toContain(`a PNG image of 640x480 pixels (${PNG.length} bytes)`)
})

test.each([
  [`s3://${PLAIN}/in/none.png`, 'does not exist'],
  ['s3://elsewhere/none.png', 'does not exist'],
  [`s3://${PLAIN}/in/empty`, 'is empty'],
  [`s3://${PLAIN}/in/large`, 'has more than 3932160 bytes'],
])('%s is refused: %s', async (uri, message) => {
  await expect(converse(asking(imageAt(uri)))).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining(message),
  })
})

test('a bucket of another account is refused if its owner is named', async () => {
  const ours = imageAt(`s3://${PLAIN}/in/cat.png`, { bucketOwner: '123456789012' })
  expect((await converse(asking(ours))).status).toBe(200)
  const theirs = imageAt(`s3://${PLAIN}/in/cat.png`, { bucketOwner: '999999999999' })
  await expect(converse(asking(theirs))).rejects.toThrow('no permission to read it')
})

test('an S3 that does not answer is ServiceUnavailableException', async () => {
  const gone = await startS3()
  await gone.server.close()
  const read = createObjectReader(gone.client)
  await expect(read({ uri: `s3://${PLAIN}/in/cat.png` }, 10)).rejects.toMatchObject({
    name: 'ServiceUnavailableException',
    statusCode: 503,
  })
  await gone.close()
})

test('the corrected names of documents are names that Bedrock accepts', async () => {
  const names = ['report.v2.pdf', 'report v2', '報告書.pdf', 'a_b/../c!', 'report v2']
  const documents = names.map((name) => ({ document: { format: 'txt', name, source: { text: 'x' } } }))
  const { status, replyHeaders } = await converse(asking(...documents))

  expect(status).toBe(200)
  expect(replyHeaders['x-bedrock-functions-corrected']?.split('; ')).toEqual([
    'messages.0.content.1.document.name: "report-v2"',
    'messages.0.content.3.document.name: "document 3"',
    'messages.0.content.4.document.name: "a_b-c"',
    'messages.0.content.5.document.name: "report v2 (2)"',
  ])
})

test('placed cache points are written by one request and read by the next', async () => {
  const question = (text: string) => ({ role: 'user', content: [{ text }] })
  const answer = { role: 'assistant', content: [{ text: 'Fine' }] }
  const tools = [
    { toolSpec: { name: 'look_up', description: 'word '.repeat(5_000), inputSchema: { json: { type: 'object' } } } },
  ]
  const request = { toolConfig: { tools }, system: [{ text: 'Be brief' }] }
  const headers = { 'x-bedrock-functions-auto-cache': 'true' }
  const turns = [question('One?'), answer, question('Two?')]
  const first = await converse({ ...request, messages: turns }, headers)
  const second = await converse({ ...request, messages: [...turns, answer, question('Three?')] }, headers)

  expect(first.body.usage).toMatchObject({ cacheReadInputTokens: 0, cacheWriteInputTokens: expect.any(Number) })
  const written: number = first.body.usage.cacheWriteInputTokens
  expect(written).toBeGreaterThan(5_000)
  expect(second.body.usage.cacheReadInputTokens).toBe(written)
  expect(second.body.usage.cacheWriteInputTokens).toBeGreaterThan(0)
  expect(second.body.usage.cacheWriteInputTokens).toBeLessThan(20)
  expect(second.replyHeaders['x-bedrock-functions-auto-cache']).toBe(
    'toolConfig.tools, system, messages.0.content, messages.2.content',
  )
})
