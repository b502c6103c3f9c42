import {
  ConverseCommand,
  type ConverseCommandInput,
  InvokeModelCommand,
  type Message,
} from '@aws-sdk/client-bedrock-runtime'
import { CLAUDE, NOVA, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

const schema = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
    days: { type: 'integer', minimum: 2 },
    note: { type: 'string' },
  },
  required: ['city', 'unit', 'days'],
}
const PROMPT = 'Please get weather in New York'
const INPUT = { city: 'New York', unit: 'celsius', days: 2 }

const toolConfig: ConverseCommandInput['toolConfig'] = {
  tools: [
    { toolSpec: { name: 'look-up', inputSchema: { json: { type: 'object' } } } },
    { toolSpec: { name: 'get_weather', description: 'Weather', inputSchema: { json: schema } } },
  ],
}

function converse(messages: Message[], config = toolConfig) {
  return emulator.client.send(new ConverseCommand({ modelId: CLAUDE, messages, toolConfig: config }))
}

describe('Converse', () => {
  test('uses the tool named in the prompt and answers with its result', async () => {
    const first = await converse([userMessage(PROMPT)])
    const message = first.output?.message
    const [, block] = message?.content ?? []

    expect(first.stopReason).toBe('tool_use')
    expect(message?.content).toEqual([
      { text: expect.stringContaining('get_weather') },
      {
        toolUse: {
          toolUseId: expect.stringMatching(/^tooluse_[0-9A-Za-z]{22}$/),
          name: 'get_weather',
          input: INPUT,
          type: 'tool_use',
        },
      },
    ])

    const second = await converse([
      userMessage(PROMPT),
      message as Message,
      {
        role: 'user',
        content: [{ toolResult: { toolUseId: block?.toolUse?.toolUseId, content: [{ json: { sky: 'blue' } }] } }],
      },
    ])

    expect(second.stopReason).toBe('end_turn')
    expect(second.output?.message?.content).toEqual([
      { text: expect.stringContaining('The tool get_weather answered: {"sky":"blue"}') },
    ])
  })

  test('reports that a tool failed', async () => {
    const { output } = await converse([
      userMessage(PROMPT),
      { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'get_weather', input: {} } }] },
      {
        role: 'user',
        content: [{ toolResult: { toolUseId: 't1', content: [{ text: 'no network' }], status: 'error' } }],
      },
    ])

    expect(output?.message?.content?.[0]?.text).toContain('The tool get_weather failed: no network')
  })

  test.each([
    ['look-up', 'Could you LOOK_UP this?'],
    ['get_weather', 'get-weather!'],
    [undefined, 'Tell me something else'],
  ])('chooses %s for "%s"', async (name, prompt) => {
    const { output } = await converse([userMessage(prompt)])

    expect(output?.message?.content?.find(({ toolUse }) => toolUse)?.toolUse?.name).toBe(name)
  })

  test.each([
    ['look-up', { any: {} }],
    ['get_weather', { tool: { name: 'get_weather' } }],
  ] as const)('is forced to use %s by %j', async (name, toolChoice) => {
    const { output, stopReason } = await converse([userMessage('Hello')], {
      ...toolConfig,
      toolChoice,
    } as typeof toolConfig)

    expect(stopReason).toBe('tool_use')
    expect(output?.message?.content).toEqual([{ toolUse: expect.objectContaining({ name }) }])
  })

  test('drops the whole tool input if maxTokens truncates it', async () => {
    const { output, stopReason } = await emulator.client.send(
      new ConverseCommand({
        modelId: CLAUDE,
        messages: [userMessage(PROMPT)],
        toolConfig,
        inferenceConfig: { maxTokens: 12 },
      }),
    )

    expect(stopReason).toBe('max_tokens')
    expect(output?.message?.content?.[1]?.toolUse?.input).toEqual({})
  })
})

describe('[emulator:tool=…]', () => {
  const ask = (prompt: string, config = toolConfig) => converse([userMessage(prompt)], config)

  test.each([
    ['Hello [emulator:tool=look-up]', 'look-up', {}],
    ['Rome in 3 days [emulator:tool=get_weather]', 'get_weather', { city: 'Rome', unit: 'celsius', days: 3 }],
    ['[emulator:tool=get_weather {"city": ["]", 1], "days": "x"}]', 'get_weather', { city: [']', 1], days: 'x' }],
  ])('%s uses exactly this tool', async (prompt, name, input) => {
    const { output, stopReason } = await ask(prompt)

    expect(stopReason).toBe('tool_use')
    expect(output?.message?.content).toEqual([{ toolUse: expect.objectContaining({ name, input }) }])
  })

  test('precedes a tool choice, and follows the text of say', async () => {
    const { output } = await ask('[emulator:tool=look-up {"a":1}] [emulator:say=Wait.]', {
      ...toolConfig,
      toolChoice: { tool: { name: 'get_weather' } },
    } as typeof toolConfig)

    expect(output?.message?.content).toEqual([
      { text: 'Wait.' },
      { toolUse: expect.objectContaining({ name: 'look-up', input: { a: 1 } }) },
    ])
  })

  test.each([
    ['[emulator:tool=other]', /names no tool of the request\. Its tools: look-up, get_weather/],
    ['[emulator:tool=]', /needs the name of a tool/],
    ['[emulator:tool=look-up {"a":]', /needs a JSON object after the name/],
    ['[emulator:tool=look-up [1]]', /needs a JSON object after the name/],
  ])('%s is refused', async (prompt, message) => {
    await expect(ask(prompt)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    })
  })
})

const openaiBody = {
  messages: [{ role: 'user', content: PROMPT }],
  tools: [{ type: 'function', function: { name: 'get_weather', parameters: schema } }],
}
const openaiCall = {
  id: expect.any(String),
  type: 'function',
  function: { name: 'get_weather', arguments: JSON.stringify(INPUT) },
}

describe('native tools', () => {
  test.each<[string, string, unknown, unknown]>([
    [
      'Claude',
      CLAUDE,
      {
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 100,
        messages: [{ role: 'user', content: PROMPT }],
        tools: [{ name: 'get_weather', input_schema: schema }],
        tool_choice: { type: 'any' },
      },
      {
        stop_reason: 'tool_use',
        content: [{ type: 'tool_use', id: expect.stringMatching(/^toolu_bdrk_01/), name: 'get_weather', input: INPUT }],
      },
    ],
    [
      'Nova',
      NOVA,
      { messages: [userMessage(PROMPT)], toolConfig },
      {
        stopReason: 'tool_use',
        output: {
          message: { content: [{ text: expect.any(String) }, { toolUse: { name: 'get_weather', input: INPUT } }] },
        },
      },
    ],
    [
      'OpenAI',
      'openai.gpt-oss-20b-1:0',
      openaiBody,
      { choices: [{ finish_reason: 'tool_calls', message: { tool_calls: [openaiCall] } }] },
    ],
    [
      'Mistral',
      'mistral.mistral-large-2402-v1:0',
      openaiBody,
      { choices: [{ stop_reason: 'tool_calls', message: { tool_calls: [openaiCall] } }] },
    ],
    [
      'Cohere',
      'cohere.command-r-plus-v1:0',
      {
        message: PROMPT,
        tools: [
          {
            name: 'get_weather',
            parameter_definitions: { city: { type: 'str', required: true }, days: { type: 'int', required: true } },
          },
        ],
      },
      { finish_reason: 'COMPLETE', tool_calls: [{ name: 'get_weather', parameters: { city: 'New York', days: 1 } }] },
    ],
  ])('are used in the format of %s', async (_name, modelId, body, expected) => {
    expect(await invoke(modelId, body)).toMatchObject(expected as object)
  })

  test('of OpenAI accept several consecutive results', async () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'get_weather', arguments: '{}' } })

    const { choices } = await invoke('qwen.qwen3-32b-v1:0', {
      ...openaiBody,
      messages: [
        ...openaiBody.messages,
        { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
        { role: 'tool', tool_call_id: 'a', content: 'rain' },
        { role: 'tool', tool_call_id: 'b', content: 'snow' },
      ],
    })

    expect(choices[0].message.content).toMatch(/answered: rain.*answered: snow/s)
  })

  test('of Cohere accept results', async () => {
    const results = [{ call: { name: 'get_weather', parameters: {} }, outputs: [{ sky: 'grey' }] }]

    expect((await invoke('cohere.command-r-v1:0', { message: 'Weather?', tool_results: results })).text).toContain(
      'grey',
    )
  })
})

async function invoke(modelId: string, body: unknown): Promise<ReturnType<typeof JSON.parse>> {
  const reply = await emulator.client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }))
  return JSON.parse(reply.body.transformToString())
}
