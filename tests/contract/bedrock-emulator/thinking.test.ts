import {
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { createAnthropicClient, createHttp1Client, post, useEmulator } from './support.ts'

const emulator = useEmulator()

const SONNET_4_5 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const SONNET_4_6 = 'us.anthropic.claude-sonnet-4-6'
const OPUS_4_5 = 'us.anthropic.claude-opus-4-5-20251101-v1:0'
const OPUS_4_7 = 'us.anthropic.claude-opus-4-7'
const OPUS_5_5 = 'us.anthropic.claude-opus-5-5'
const SONNET_5 = 'us.anthropic.claude-sonnet-5'
const SONNET_5_5 = 'us.anthropic.claude-sonnet-5-5'
const OPUS_5 = 'us.anthropic.claude-opus-5'
const FABLE = 'us.anthropic.claude-fable-5-1'
const HAIKU_5_5 = 'us.anthropic.claude-haiku-5-5'
const NOVA_2 = 'us.amazon.nova-2-lite-v1:0'

const ENABLED = { type: 'enabled', budget_tokens: 1_024 }
const ADAPTIVE = { type: 'adaptive' }
const INTERLEAVED = ['interleaved-thinking-2025-05-14']
const TRIGGER =
  'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB'
const DOCUMENTATION =
  'Please consult our documentation at https://platform.claude.com/docs/en/build-with-claude/extended-thinking'
const NO_ENABLED =
  '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
const NO_DISABLED =
  '"thinking.type.disabled" is not supported for this model. Thinking defaults to adaptive mode when not specified; use "thinking.type.enabled" with "budget_tokens" for extended thinking.'
const NO_ADAPTIVE = 'adaptive thinking is not supported on this model'

const NO_FORCED = '`tool_choice` that forces tool use is not supported for this model.'

const TOOLS = [{ name: 'look_up', input_schema: { type: 'object' } }]

/** Parts of a native body, which Converse has in other members. */
interface Asked {
  readonly thinking?: object | string
  readonly max_tokens?: number
  readonly temperature?: number
  readonly top_p?: number
  readonly top_k?: number
  readonly anthropic_beta?: readonly string[]
  readonly output_config?: { readonly effort: string }
  readonly tool_choice?: 'any' | 'auto'
}

function toNative({ tool_choice, ...asked }: Asked): object {
  return {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 4_000,
    messages: [{ role: 'user', content: 'Hello' }],
    tools: TOOLS,
    ...(tool_choice && { tool_choice: { type: tool_choice } }),
    ...asked,
  }
}

function toConverse({ tool_choice = 'auto', max_tokens = 4_000, temperature, top_p, ...extra }: Asked): object {
  return {
    messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
    inferenceConfig: { maxTokens: max_tokens, temperature, topP: top_p },
    toolConfig: {
      tools: [{ toolSpec: { name: 'look_up', inputSchema: { json: { type: 'object' } } } }],
      toolChoice: { [tool_choice]: {} },
    },
    additionalModelRequestFields: extra,
  }
}

async function expectEverywhere(modelId: string, asked: Asked, fault: string | undefined): Promise<void> {
  const converse = await post(emulator.url, `/model/${modelId}/converse`, toConverse(asked))
  const native = await post(emulator.url, `/model/${modelId}/invoke`, toNative(asked))
  const streams = await Promise.all([
    fetchStatus(`/model/${modelId}/converse-stream`, toConverse(asked)),
    fetchStatus(`/model/${modelId}/invoke-with-response-stream`, toNative(asked)),
  ])
  if (fault === undefined) {
    expect([converse.status, native.status, ...streams]).toEqual([200, 200, 200, 200])
    return
  }
  expect(converse.body).toEqual({ message: `The model returned the following errors: ${fault}` })
  expect(native.body).toEqual({ message: fault })
  expect([converse.status, native.status, ...streams]).toEqual([400, 400, 400, 400])
  expect(converse.headers.get('x-amzn-errortype')).toBe('ValidationException')
}

async function fetchStatus(path: string, body: object): Promise<number> {
  const response = await fetch(`${emulator.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  await response.arrayBuffer()
  return response.status
}

describe('thinking in a request', () => {
  test.each<[string, string, Asked, string | undefined]>([
    ['enabled', SONNET_4_5, { thinking: ENABLED }, undefined],
    ['enabled', SONNET_4_6, { thinking: ENABLED }, undefined],
    ['enabled', OPUS_4_7, { thinking: ENABLED }, NO_ENABLED],
    ['enabled', SONNET_5, { thinking: ENABLED }, NO_ENABLED],
    ['adaptive', SONNET_4_5, { thinking: ADAPTIVE }, NO_ADAPTIVE],
    ['adaptive', OPUS_4_5, { thinking: ADAPTIVE }, NO_ADAPTIVE],
    ['adaptive', SONNET_4_6, { thinking: ADAPTIVE }, undefined],
    ['adaptive', SONNET_5_5, { thinking: ADAPTIVE }, undefined],
    ['between_tools', SONNET_5_5, { thinking: { type: 'between_tools' } }, undefined],
    [
      'between_tools',
      SONNET_5,
      { thinking: { type: 'between_tools' } },
      '"thinking.type.between_tools" is not supported for this model.',
    ],
    ['disabled', SONNET_5, { thinking: { type: 'disabled' } }, undefined],
    ['disabled', HAIKU_5_5, { thinking: { type: 'disabled' } }, undefined],
    ['disabled', SONNET_5_5, { thinking: { type: 'disabled' } }, NO_DISABLED],
    ['disabled', OPUS_5_5, { thinking: { type: 'disabled' } }, NO_DISABLED],
    ['disabled', FABLE, { thinking: { type: 'disabled' } }, NO_DISABLED],
    ['disabled at high', OPUS_5, { thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, undefined],
    [
      'disabled at xhigh',
      OPUS_5,
      { thinking: { type: 'disabled' }, output_config: { effort: 'xhigh' } },
      "output_config.effort 'xhigh' is not supported when thinking is disabled on this model. Use effort 'high' or below, or enable thinking.",
    ],
    ['adaptive at max', OPUS_5, { thinking: ADAPTIVE, output_config: { effort: 'max' } }, undefined],
    [
      'between_tools at max',
      SONNET_5_5,
      { thinking: { type: 'between_tools' }, output_config: { effort: 'max' } },
      `output_config.effort 'max' is not supported with "thinking.type.between_tools" on this model. Use effort 'high' or below.`,
    ],
    ['a forced tool', OPUS_5, { tool_choice: 'any' }, undefined],
    ['a forced tool', OPUS_5_5, { tool_choice: 'any' }, NO_FORCED],
    ['a forced tool', FABLE, { tool_choice: 'any' }, NO_FORCED],
    ['a forced tool', SONNET_5_5, { tool_choice: 'any' }, NO_FORCED],
    [
      'a kind of Object.prototype',
      SONNET_4_5,
      { thinking: { type: 'toString' } },
      "thinking: Input tag 'toString' found using 'type' does not match any of the expected tags: 'adaptive', 'between_tools', 'disabled', 'enabled'",
    ],
    [
      'an unknown kind',
      SONNET_4_5,
      { thinking: { type: 'deep' } },
      "thinking: Input tag 'deep' found using 'type' does not match any of the expected tags: 'adaptive', 'between_tools', 'disabled', 'enabled'",
    ],
    ['no kind', SONNET_4_5, { thinking: {} }, "thinking: Unable to extract tag using discriminator 'type'"],
    [
      'no object',
      SONNET_4_5,
      { thinking: 'enabled' },
      'thinking: Input should be a valid dictionary or object to extract fields from',
    ],
    [
      'a budget with a fraction',
      SONNET_4_5,
      { thinking: { type: 'enabled', budget_tokens: 1_024.5 } },
      'thinking.enabled.budget_tokens: Input should be a valid integer',
    ],
    [
      'a budget in a text',
      SONNET_4_5,
      { thinking: { type: 'enabled', budget_tokens: '1024' } },
      'thinking.enabled.budget_tokens: Input should be a valid integer',
    ],
    [
      'a budget beside adaptive',
      SONNET_4_6,
      { thinking: { type: 'adaptive', budget_tokens: 1_024 } },
      'thinking.adaptive.budget_tokens: Extra inputs are not permitted',
    ],
    [
      'a budget beside disabled',
      SONNET_4_5,
      { thinking: { type: 'disabled', budget_tokens: 1_024 } },
      'thinking.disabled.budget_tokens: Extra inputs are not permitted',
    ],
    [
      'an unknown display',
      SONNET_4_6,
      { thinking: { type: 'adaptive', display: 'full' } },
      "thinking.adaptive.display: Input should be 'summarized', 'omitted' or 'updates'",
    ],
    ['no budget', SONNET_4_5, { thinking: { type: 'enabled' } }, 'thinking.enabled.budget_tokens: Field required'],
    [
      'a budget of 1,023',
      SONNET_4_5,
      { thinking: { type: 'enabled', budget_tokens: 1_023 } },
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    ],
    [
      'a budget of max_tokens',
      SONNET_4_5,
      { thinking: ENABLED, max_tokens: 1_024 },
      `\`max_tokens\` must be greater than \`thinking.budget_tokens\`. ${DOCUMENTATION}#max-tokens-and-context-window-size`,
    ],
    ['a budget below max_tokens', SONNET_4_5, { thinking: ENABLED, max_tokens: 1_025 }, undefined],
    [
      'an interleaved budget above max_tokens',
      SONNET_4_5,
      { thinking: ENABLED, max_tokens: 500, anthropic_beta: INTERLEAVED },
      undefined,
    ],
    ['a forced tool', SONNET_4_5, { tool_choice: 'any' }, undefined],
    [
      'enabled with a forced tool',
      SONNET_4_5,
      { thinking: ENABLED, tool_choice: 'any' },
      'Thinking may not be enabled when tool_choice forces tool use.',
    ],
    ['adaptive with a forced tool', SONNET_4_6, { thinking: ADAPTIVE, tool_choice: 'any' }, undefined],
    [
      'temperature 0.5',
      SONNET_4_5,
      { thinking: ENABLED, temperature: 0.5 },
      `\`temperature\` may only be set to 1 when thinking is enabled or in adaptive mode. ${DOCUMENTATION}`,
    ],
    [
      'adaptive with temperature 0',
      SONNET_4_6,
      { thinking: ADAPTIVE, temperature: 0 },
      `\`temperature\` may only be set to 1 when thinking is enabled or in adaptive mode. ${DOCUMENTATION}`,
    ],
    ['temperature 1', SONNET_4_5, { thinking: ENABLED, temperature: 1 }, undefined],
    ['disabled with temperature 0', SONNET_4_6, { thinking: { type: 'disabled' }, temperature: 0 }, undefined],
    [
      'top_k',
      SONNET_4_5,
      { thinking: ENABLED, top_k: 5 },
      `\`top_k\` must be unset when thinking is enabled or in adaptive mode. ${DOCUMENTATION}`,
    ],
    [
      'top_p 0.9',
      SONNET_4_5,
      { thinking: ENABLED, top_p: 0.9 },
      `\`top_p\` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode. ${DOCUMENTATION}`,
    ],
    ['top_p 0.95', SONNET_4_5, { thinking: ENABLED, top_p: 0.95 }, undefined],
  ])('%s on %s is served or refused as Claude does', async (_name, modelId, asked, fault) => {
    await expectEverywhere(modelId, asked, fault)
  })

  test('reasoning_config means the same as thinking in Converse', async () => {
    const body = { ...toConverse({}), additionalModelRequestFields: { reasoning_config: ENABLED } }
    const reply = await post(emulator.url, `/model/${OPUS_4_7}/converse`, body)

    expect(reply.body.message).toBe(`The model returned the following errors: ${NO_ENABLED}`)
  })

  test('between_tools gives thinking after a tool result only', async () => {
    const first = await askWithTools(SONNET_5_5, { type: 'between_tools' })
    expect(kindsOf(first)).toEqual(['toolUse'])

    const second = await continueWith(SONNET_5_5, { type: 'between_tools' }, first)
    expect(kindsOf(second.body.output.message.content)).toEqual(['reasoningContent', 'text'])
  })
})

describe('thinking blocks sent back', () => {
  const found = (block: string) =>
    `messages.1.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${block}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`. ${DOCUMENTATION}`
  const INVALID = 'messages.1.content.0: Invalid `signature` in `thinking` block'
  const MODIFIED =
    'messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.'
  /** A signature of the form of Claude's: two fields of Protocol Buffers, the first of 183 bytes. */
  const OF_BEDROCK = Buffer.from([0x12, 0xb7, 0x01, ...Array(183).fill(7), 0x18, 0x01]).toString('base64')

  type Change = (blocks: readonly ContentBlock[]) => readonly unknown[]
  const reasoning = (reasoningText: object) => ({ reasoningContent: { reasoningText } })
  const signed =
    (change: (signature: string) => string): Change =>
    ([first, ...others]) => {
      const { text, signature = '' } = first?.reasoningContent?.reasoningText ?? {}
      return [reasoning({ text, signature: change(signature) }), ...others]
    }

  test.each<[string, Change, string | undefined]>([
    ['unchanged', (blocks) => blocks, undefined],
    ['left out', ([, ...others]) => others, found('tool_use')],
    ['replaced by text', ([, ...others]) => [{ text: 'I think' }, ...others], found('text')],
    ['without a signature', signed(() => ''), 'messages.1.content.0.thinking.signature: Field required'],
    ['with a signature of one other letter', signed((text) => replaceAt(text, 20)), INVALID],
    ['with another first letter of the signature', signed((text) => replaceAt(text, 0)), INVALID],
    ['with half a signature', signed((text) => text.slice(0, 32)), INVALID],
    ['with a longer signature', signed((text) => `${text}AAAA`), INVALID],
    ['with a signature that is no base64', signed(() => 'invalid signature'), INVALID],
    ['with other text', ([first, ...others]) => [changeText(first), ...others], MODIFIED],
    ['from Bedrock itself', signed(() => OF_BEDROCK), undefined],
    ['from Bedrock, cut', signed(() => OF_BEDROCK.slice(0, -8)), INVALID],
    [
      'redacted with changed data',
      ([, ...others]) => [{ reasoningContent: { redactedContent: Buffer.from('data').toString('base64') } }, ...others],
      'messages.1.content.0: Invalid `data` in `redacted_thinking` block',
    ],
  ])('%s are taken or refused as Claude does', async (_name, change, fault) => {
    const answer = await askWithTools(SONNET_4_5, ENABLED)
    const reply = await continueWith(SONNET_4_5, ENABLED, change(answer))

    if (fault === undefined) expect(reply.status).toBe(200)
    else expect(reply.body).toEqual({ message: `The model returned the following errors: ${fault}` })
  })

  test('may be missing in adaptive mode', async () => {
    const [, ...others] = await askWithTools(SONNET_4_6, ADAPTIVE)

    expect(await continueWith(SONNET_4_6, ADAPTIVE, others)).toMatchObject({ status: 200 })
  })

  test('may be missing in earlier tool loops and in later steps of a loop', async () => {
    const answer = await askWithTools(SONNET_4_5, ENABLED)
    const [, use] = answer
    const first = [user('Call look_up'), { role: 'assistant', content: [use] }, resultOf(answer)]
    const second = [user('Again'), { role: 'assistant', content: answer }, resultOf(answer)]
    const step = [{ role: 'assistant', content: [use] }, resultOf(answer)]
    const body = {
      ...toConverse({ thinking: ENABLED }),
      messages: [...first, { role: 'assistant', content: [{ text: 'Done' }] }, ...second, ...step],
    }

    expect(await post(emulator.url, `/model/${SONNET_4_5}/converse`, body)).toMatchObject({ status: 200 })
  })

  test('come first, and are not the last block of the last message', async () => {
    const [thinking] = await askWithTools(SONNET_4_5, ENABLED)
    const ask = async (content: readonly unknown[], ...rest: object[]): Promise<string> => {
      const messages = [user('Hello'), { role: 'assistant', content }, ...rest]
      const body = { ...toConverse({ thinking: ENABLED }), messages }
      const reply = await post(emulator.url, `/model/${SONNET_4_5}/converse`, body)
      return reply.body.message?.replace('The model returned the following errors: ', '') ?? reply.status
    }

    expect(await ask([{ text: 'So' }, thinking, { text: 'yes' }], user('Go on'))).toBe(
      'messages.1.content.0: If an assistant message contains any thinking blocks, the first block must be `thinking` or `redacted_thinking`. Found `text`.',
    )
    expect(await ask([thinking])).toBe('messages.1: The final block in an assistant message cannot be `thinking`.')
    expect(await ask([thinking], user('Go on'))).toBe(200)
  })

  test('in a last message of the assistant are refused without thinking', async () => {
    const [first] = await askWithTools(SONNET_4_5, ENABLED)
    const body = { messages: [user('Hello'), { role: 'assistant', content: [first, { text: 'So' }] }] }
    const reply = await post(emulator.url, `/model/${SONNET_4_5}/converse`, body)

    expect(reply.body.message).toMatch(/messages\.1\.content\.0: When thinking is disabled, an `assistant` message/)
  })

  test('in native bodies are checked likewise', async () => {
    const client = createAnthropicClient(emulator.url)
    const ask = (messages: object[]) =>
      client.messages.create({
        model: SONNET_4_5,
        max_tokens: 4_000,
        thinking: { type: 'enabled', budget_tokens: 1_024 },
        tools: TOOLS as never,
        messages: messages as never,
      })
    const answer = await ask([{ role: 'user', content: 'Call look_up' }])
    const content = answer.content.filter(({ type }) => type !== 'text')
    const use = content.find((block) => block.type === 'tool_use')
    const results = [{ type: 'tool_result', tool_use_id: use?.id, content: 'x' }]
    const follow = (blocks: object[]) =>
      ask([
        { role: 'user', content: 'Call look_up' },
        { role: 'assistant', content: blocks },
        { role: 'user', content: results },
      ])

    await expect(follow(content)).resolves.toMatchObject({ stop_reason: 'end_turn' })
    await expect(follow(content.slice(1))).rejects.toThrow(found('tool_use'))
    await expect(follow([{ ...content[0], signature: 'AAAA' }, ...content.slice(1)])).rejects.toThrow(INVALID)
    await expect(follow([{ type: 'thinking', thinking: 'x' }, ...content.slice(1)])).rejects.toThrow(
      'messages.1.content.0.thinking.signature: Field required',
    )
  })
})

describe('thinking in an answer', () => {
  const sealed = expect.stringMatching(/^[A-Za-z0-9+/]{60,}=*$/)

  test.each([
    ['its text', SONNET_4_6, ADAPTIVE, expect.stringContaining('Hello')],
    ['no text by default', OPUS_4_7, ADAPTIVE, ''],
    ['no text by default', SONNET_5, ADAPTIVE, ''],
    ['a summary on request', OPUS_4_7, { ...ADAPTIVE, display: 'summarized' }, expect.stringContaining('Hello')],
    ['no text on request', SONNET_4_6, { ...ADAPTIVE, display: 'omitted' }, ''],
  ])('has %s on %s', async (_name, modelId, thinking, text) => {
    const content = await ask(modelId, { messages: [user('Hello')] }, thinking)
    expect(content[0]).toEqual({ reasoningContent: { reasoningText: { text, signature: sealed } } })
    expect(await streamBlocks(modelId, 'Hello', thinking)).toEqual([
      { text, signature: sealed },
      { text: expect.any(String) },
    ])

    const native = await post(emulator.url, `/model/${modelId}/invoke`, toNative({ thinking }))
    expect(native.body.content[0]).toEqual({ type: 'thinking', thinking: text, signature: sealed })
  })

  test('is streamed as a signature alone when its text is omitted', async () => {
    const client = createAnthropicClient(emulator.url)
    const events = await client.messages.create({
      model: OPUS_4_7,
      max_tokens: 4_000,
      thinking: { type: 'adaptive' } as never,
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    })
    const ofThinking: unknown[] = []
    for await (const event of events) if ('index' in event && event.index === 0) ofThinking.push(event)

    expect(ofThinking).toEqual([
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: sealed } },
      { type: 'content_block_stop', index: 0 },
    ])
  })

  test('comes before the tool that a directive names, since it has to come back with the result', async () => {
    const messages = [{ role: 'user', content: 'Look [emulator:tool=look_up {}]' }]
    const native = await post(
      emulator.url,
      `/model/${SONNET_4_5}/invoke`,
      toNative({ thinking: ENABLED, ...{ messages } }),
    )
    expect(native.body.content).toMatchObject([{ type: 'thinking' }, { type: 'tool_use', name: 'look_up' }])
  })

  test('is redacted for the text that Anthropic documents, and can be sent back', async () => {
    const content = await ask(SONNET_4_5, { messages: [user(TRIGGER)] }, ENABLED)
    expect(content[0]).toEqual({ reasoningContent: { redactedContent: expect.any(Uint8Array) } })
    const data = Buffer.from(content[0]?.reasoningContent?.redactedContent ?? []).toString('latin1')
    expect(data).toEqual(sealed)

    expect(await streamBlocks(SONNET_4_5, TRIGGER, ENABLED)).toEqual([{ redacted: data }, { text: expect.any(String) }])

    const native = await post(emulator.url, `/model/${SONNET_4_5}/invoke`, {
      ...toNative({ thinking: ENABLED }),
      messages: [{ role: 'user', content: TRIGGER }],
    })
    expect(native.body.content[0]).toEqual({ type: 'redacted_thinking', data })

    const messages = [user(TRIGGER), { role: 'assistant', content }, user('Go on')] as ConverseCommandInput['messages']
    expect(await ask(SONNET_4_5, { messages }, ENABLED)).toHaveLength(2)
  })

  const INVALID_CONFIG = 'Malformed input request: the provided reasoning config value is invalid'
  test.each<[string, string, unknown, object, string | undefined]>([
    ['medium', NOVA_2, { type: 'enabled', maxReasoningEffort: 'medium' }, { maxTokens: 10 }, undefined],
    ['high', NOVA_2, { type: 'enabled', maxReasoningEffort: 'high' }, {}, undefined],
    [
      'high with maxTokens',
      NOVA_2,
      { type: 'enabled', maxReasoningEffort: 'high' },
      { maxTokens: 10, topP: 0.5 },
      'Malformed input request: maxTokens, topP must not be set with the reasoning effort high',
    ],
    ['disabled', NOVA_2, { type: 'disabled' }, { maxTokens: 10 }, undefined],
    ['an unknown effort', NOVA_2, { type: 'enabled', maxReasoningEffort: 'max' }, {}, INVALID_CONFIG],
    ['an unknown type', NOVA_2, { type: 'adaptive' }, {}, INVALID_CONFIG],
    ['Nova Pro', 'us.amazon.nova-pro-v1:0', { type: 'enabled', maxReasoningEffort: 'low' }, {}, INVALID_CONFIG],
  ])('of Nova is served or refused: %s', async (_name, modelId, reasoningConfig, inferenceConfig, fault) => {
    const body = { messages: [user('Hello')], inferenceConfig }
    const converse = await post(emulator.url, `/model/${modelId}/converse`, {
      ...body,
      additionalModelRequestFields: { reasoningConfig },
    })
    const native = await post(emulator.url, `/model/${modelId}/invoke`, { ...body, reasoningConfig })

    expect([converse.status, native.status]).toEqual(fault === undefined ? [200, 200] : [400, 400])
    if (fault === undefined) return
    const text = `${fault}, please reformat your input and try again.`
    expect(converse.body.message).toBe(`The model returned the following errors: ${text}`)
    expect(native.body.message).toBe(text)
  })

  test('is not redacted without thinking, and not signed by other models', async () => {
    expect(await ask(SONNET_4_5, { messages: [user(TRIGGER)] })).toEqual([{ text: expect.any(String) }])
    const [first] = await ask(NOVA_2, { messages: [user('Hello')] }, undefined, {
      reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' },
    })
    expect(first).toEqual({ reasoningContent: { reasoningText: { text: expect.any(String) } } })
  })
})

function user(text: string): { role: 'user'; content: { text: string }[] } {
  return { role: 'user', content: [{ text }] }
}

async function ask(
  modelId: string,
  input: Pick<ConverseCommandInput, 'messages' | 'toolConfig'>,
  thinking?: object,
  extra: object = {},
): Promise<ContentBlock[]> {
  const additionalModelRequestFields = { ...(thinking && { thinking }), ...extra } as never
  const { output } = await createHttp1Client(emulator.url).send(
    new ConverseCommand({ modelId, ...input, additionalModelRequestFields }),
  )
  return output?.message?.content ?? []
}

function askWithTools(modelId: string, thinking: object): Promise<ContentBlock[]> {
  const { toolConfig } = toConverse({}) as Pick<ConverseCommandInput, 'toolConfig'>
  return ask(modelId, { messages: [user('Call look_up')], toolConfig }, thinking).then((blocks) =>
    blocks.filter((block) => block.text === undefined),
  )
}

function continueWith(modelId: string, thinking: object, content: readonly unknown[]) {
  const messages = [user('Call look_up'), { role: 'assistant', content }, resultOf(content)]
  return post(emulator.url, `/model/${modelId}/converse`, { ...toConverse({ thinking }), messages })
}

function resultOf(content: readonly unknown[]): object {
  const use = content.find((block) => Object.hasOwn(block as object, 'toolUse')) as ContentBlock.ToolUseMember
  return { role: 'user', content: [{ toolResult: { toolUseId: use.toolUse.toolUseId, content: [{ text: 'x' }] } }] }
}

function kindsOf(content: readonly object[]): (string | undefined)[] {
  return content.map((block) => Object.keys(block)[0])
}

function replaceAt(text: string, index: number): string {
  return `${text.slice(0, index)}${text[index] === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`
}

function changeText(block: ContentBlock | undefined): unknown {
  const { signature } = block?.reasoningContent?.reasoningText ?? {}
  return { reasoningContent: { reasoningText: { text: 'Something else', signature } } }
}

/** Joins the pieces of a stream by block. */
async function streamBlocks(modelId: string, text: string, thinking: object): Promise<Record<string, string>[]> {
  const { stream } = await createHttp1Client(emulator.url).send(
    new ConverseStreamCommand({
      modelId,
      messages: [user(text)],
      additionalModelRequestFields: { thinking } as never,
    }),
  )
  const blocks: Record<string, string>[] = []
  for await (const { contentBlockDelta } of stream ?? []) {
    const { contentBlockIndex = 0, delta } = contentBlockDelta ?? {}
    if (!delta) continue
    const { signature, redactedContent, text: thought } = delta.reasoningContent ?? {}
    const block = blocks[contentBlockIndex] ?? (delta.text === undefined && !redactedContent ? { text: '' } : {})
    blocks[contentBlockIndex] = block
    if (redactedContent) block.redacted = Buffer.from(redactedContent).toString('latin1')
    if (signature) block.signature = signature
    const piece = thought ?? delta.text
    if (piece !== undefined) block.text = (block.text ?? '') + piece
  }
  return blocks
}
