import {
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { createClient, type RunningEmulator, startEmulator, userMessage } from './support.ts'

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:prompt'
const promptVariables = { genre: { text: 'jazz' }, number: { text: '7' } }

let emulator: RunningEmulator
let client: BedrockRuntimeClient

beforeAll(async () => {
  const body = { messages: [{ role: 'user', content: [{ text: '[emulator:say={{word}}]' }] }] }
  emulator = await startEmulator({ prompts: { ECHOECHO01: { modelId: 'amazon.nova-lite-v1:0', body } } })
  client = createClient(emulator.url)
})

afterAll(async () => {
  client.destroy()
  await emulator.close()
})

async function say(input: Partial<ConverseCommandInput>): Promise<string | undefined> {
  const { output } = await client.send(
    new ConverseCommand({ modelId: `${ARN}/PLAYLIST01:1`, ...input } as ConverseCommandInput),
  )
  return output?.message?.content?.[0]?.text
}

test('the ARN of a prompt is a modelId, and promptVariables fill it', async () => {
  expect(await say({ promptVariables })).toContain('Make me a jazz playlist consisting of 7 songs.')
  expect(await say({ promptVariables })).toContain('You know all about jazz.')
  expect(await say({ modelId: `${ARN}/ECHOECHO01`, promptVariables: { word: { text: 'hello' } } })).toBe('hello')
})

test('messages follow those of the prompt', async () => {
  const messages = [
    { role: 'assistant' as const, content: [{ text: 'Here it is' }] },
    userMessage('And one for children?'),
  ]
  const text = await say({ modelId: `${ARN}/ECHOECHO01`, promptVariables: { word: { text: 'hello' } }, messages })
  expect(text).toContain('And one for children?')
})

test('a stream accepts a prompt ARN too', async () => {
  const { stream = [] } = await client.send(
    new ConverseStreamCommand({ modelId: `${ARN}/PLAYLIST01`, promptVariables }),
  )
  let text = ''
  for await (const { contentBlockDelta } of stream) text += contentBlockDelta?.delta?.text ?? ''
  expect(text).toContain('Make me a jazz playlist')
})

test.each<[string, Partial<ConverseCommandInput>, string, string]>([
  ['a variable without a value', { promptVariables: { genre: { text: 'jazz' } } }, 'ValidationException', 'number'],
  ['a system prompt beside it', { promptVariables, system: [{ text: 'Hi' }] }, 'ValidationException', 'system'],
  [
    'parameters beside it',
    { promptVariables, inferenceConfig: { maxTokens: 5 } },
    'ValidationException',
    'inferenceConfig',
  ],
  ['a prompt that is not there', { modelId: `${ARN}/0123456789` }, 'ResourceNotFoundException', '0123456789'],
])('%s is refused', async (_, input, name, part) => {
  await expect(say(input)).rejects.toMatchObject({ name, message: expect.stringContaining(part) })
})
