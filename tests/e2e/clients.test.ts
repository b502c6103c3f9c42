import type AnthropicBedrock from '@anthropic-ai/bedrock-sdk'
import {
  ApplyGuardrailCommand,
  type BedrockRuntimeClient,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  type ConverseCommandOutput,
  CountTokensCommand,
  InvokeModelCommand,
  type Message,
} from '@aws-sdk/client-bedrock-runtime'
import { makePng, ONE_PAGE_PDF } from '../support/media.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'
import {
  ANTHROPIC_TOOLS,
  CLAUDE,
  CONVERSE_TOOLS,
  createAnthropicClient,
  createAwsClient,
  HANDLERS,
} from '../support/stock-clients.ts'

let stack: RunningStack
beforeAll(async () => {
  stack = await startStack()
}, 60_000)
afterAll(() => stack.stop())

function textOf({ output }: ConverseCommandOutput): string {
  return (output?.message?.content ?? []).map((block) => block.text ?? '').join('')
}

function user(...content: ContentBlock[]): Message {
  return { role: 'user', content }
}

describe.each([
  ['the API', 'api'],
  ['the emulator', 'bedrock'],
] as const)('through %s', (_, server) => {
  describe.each(HANDLERS)('@aws-sdk/client-bedrock-runtime over %s', (_name, handler) => {
    let client: BedrockRuntimeClient
    beforeAll(() => {
      client = createAwsClient(stack[server], handler)
    })
    afterAll(() => client.destroy())

    const converse = (input: Partial<ConverseCommandInput>) =>
      client.send(new ConverseCommand({ modelId: CLAUDE, ...input }))

    test('Converse answers a question in its language and counts tokens', async () => {
      const answer = await converse({ messages: [user({ text: '日本で一番高い山は?' })] })
      expect(textOf(answer)).toContain('富士山')
      expect(answer.stopReason).toBe('end_turn')
      expect(answer.usage?.inputTokens).toBeGreaterThan(0)
      expect(answer.metrics?.latencyMs).toEqual(expect.any(Number))
    })

    test('Converse has several turns with system and tools', async () => {
      const messages = [user({ text: 'What is the weather in Osaka? Use get_weather.' })]
      const system = [{ text: 'Be brief.' }]
      const first = await converse({ messages, system, toolConfig: CONVERSE_TOOLS })
      expect(first.stopReason).toBe('tool_use')
      const toolUse = first.output?.message?.content?.find((block) => block.toolUse)?.toolUse
      expect(toolUse).toMatchObject({ name: 'get_weather', input: { city: expect.any(String) } })
      const result = { toolUseId: toolUse?.toolUseId, content: [{ json: { celsius: 21 } }] }
      const second = await converse({
        messages: [...messages, first.output?.message as Message, user({ toolResult: result })],
        system,
        toolConfig: CONVERSE_TOOLS,
      })
      expect(second.stopReason).toBe('end_turn')
      expect(textOf(second)).not.toBe('')
    })

    test('Converse accepts an image and a document as bytes', async () => {
      const answer = await converse({
        messages: [
          user(
            { text: 'What do you see?' },
            { image: { format: 'png', source: { bytes: makePng(40, 30) } } },
            { document: { format: 'pdf', name: 'report', source: { bytes: ONE_PAGE_PDF } } },
          ),
        ],
      })
      expect(textOf(answer)).toMatch(/40.*30/s)
      expect(textOf(answer).replaceAll(',', '')).toContain(String(ONE_PAGE_PDF.length))
    })

    test("InvokeModel carries native bytes and Bedrock's headers", async () => {
      const answer = await client.send(
        new InvokeModelCommand({
          modelId: 'amazon.nova-pro-v1:0',
          contentType: 'application/json',
          accept: 'application/json',
          serviceTier: 'priority',
          body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }),
        }),
      )
      expect(answer.contentType).toBe('application/json')
      expect(answer.serviceTier).toBe('priority')
      expect(JSON.parse(answer.body.transformToString())).toMatchObject({ output: { message: { role: 'assistant' } } })
    })

    test('CountTokens gives the count that Converse then uses', async () => {
      const messages = [user({ text: 'How many tokens is this?' })]
      const counted = await client.send(
        new CountTokensCommand({
          modelId: CLAUDE.replace('global.', ''),
          input: { converse: { messages } },
        }),
      )
      expect(counted.inputTokens).toBe((await converse({ messages })).usage?.inputTokens)
    })

    test('ApplyGuardrail masks what it finds', async () => {
      const answer = await client.send(
        new ApplyGuardrailCommand({
          guardrailIdentifier: 'abcdefghijkl',
          guardrailVersion: 'DRAFT',
          source: 'INPUT',
          content: [{ text: { text: 'Write to jane@example.com' } }],
        }),
      )
      expect(answer.action).toBe('GUARDRAIL_INTERVENED')
      expect(answer.outputs?.[0]?.text).toContain('{EMAIL}')
    })

    test("two refusals are retried, and lasting ones are the SDK's own exception", async () => {
      const text = `Hi ${Math.random()}`
      const retried = await converse({ messages: [user({ text: `${text} [emulator:throttle=2]` })] })
      expect(retried.$metadata.attempts).toBe(3)
      await expect(converse({ messages: [user({ text: `${text} [emulator:throttle=99]` })] })).rejects.toMatchObject({
        name: 'ThrottlingException',
        $metadata: { httpStatusCode: 429 },
      })
    })
  })

  describe('@anthropic-ai/bedrock-sdk', () => {
    let client: AnthropicBedrock
    beforeAll(() => {
      client = createAnthropicClient(stack[server])
    })
    const create = (content: string, tools = false) =>
      client.messages.create({
        model: CLAUDE,
        max_tokens: 100,
        messages: [{ role: 'user', content }],
        ...(tools && {
          tools: ANTHROPIC_TOOLS,
        }),
      })

    test('messages.create answers', async () => {
      const message = await create('日本で一番高い山は?')
      expect(message.content).toEqual([{ type: 'text', text: expect.stringContaining('富士山') }])
      expect(message.usage.output_tokens).toBeGreaterThan(0)
    })

    test('messages.create uses a tool', async () => {
      const message = await create('Use get_weather for Osaka', true)
      expect(message.stop_reason).toBe('tool_use')
      expect(message.content).toContainEqual(expect.objectContaining({ type: 'tool_use', name: 'get_weather' }))
    })

    test("an error is the SDK's own exception", async () => {
      const failing = create('Hi [emulator:error=ValidationException]')
      await expect(failing).rejects.toMatchObject({ status: 400 })
    })
  })
})
