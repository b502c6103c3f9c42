import { Ajv2020 } from 'ajv/dist/2020.js'
import { CLAUDE, post, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

const schema = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    kind: { type: 'string', enum: ['capital', 'other'] },
    districts: { type: 'array', items: { $ref: '#/$defs/district' } },
    mayor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
  required: ['city', 'kind', 'districts', 'mayor'],
  additionalProperties: false,
  $defs: {
    district: {
      type: 'object',
      properties: { name: { type: 'string' }, founded: { type: 'string', format: 'date' } },
      required: ['name', 'founded'],
      additionalProperties: false,
    },
  },
}
const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)

const PROMPT = 'Describe the city of Rome, a capital'
const messages = [userMessage(PROMPT)]
const native = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 2_000,
  messages: [{ role: 'user', content: PROMPT }],
}
const format = { type: 'json_schema', schema }
const chat = { messages: [{ role: 'user', content: PROMPT }] }
const jsonSchema = { type: 'json_schema', json_schema: { name: 'city', schema } }

const tool = { toolSpec: { name: 'json', inputSchema: { json: schema } } }
const toolConfig = { tools: [tool], toolChoice: { tool: { name: 'json' } } }

type Answer = ReturnType<typeof JSON.parse>

const textOf = ({ output }: Answer) => JSON.parse(output.message.content[0].text)

test.each<[string, string, string, object, (answer: Answer) => unknown]>([
  [
    'outputConfig',
    CLAUDE,
    'converse',
    {
      messages,
      outputConfig: {
        textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } },
      },
    },
    textOf,
  ],
  [
    'output_config.format in the fields of the model',
    CLAUDE,
    'converse',
    { messages, additionalModelRequestFields: { output_config: { format } } },
    textOf,
  ],
  [
    'output_format in the fields of the model',
    CLAUDE,
    'converse',
    { messages, additionalModelRequestFields: { output_format: format } },
    textOf,
  ],
  [
    'response_format in the fields of the model',
    'openai.gpt-oss-20b-1:0',
    'converse',
    { messages, additionalModelRequestFields: { response_format: jsonSchema } },
    textOf,
  ],
  [
    'a forced tool',
    CLAUDE,
    'converse',
    { messages, toolConfig },
    ({ output }) => output.message.content[0].toolUse.input,
  ],
  [
    'a forced tool of Nova',
    'amazon.nova-lite-v1:0',
    'invoke',
    { messages, toolConfig },
    ({ output }) => output.message.content[0].toolUse.input,
  ],
  [
    'outputConfig of Nova',
    'amazon.nova-lite-v1:0',
    'invoke',
    {
      messages,
      outputConfig: {
        textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } },
      },
    },
    textOf,
  ],
  [
    "Claude's output_config",
    CLAUDE,
    'invoke',
    { ...native, output_config: { format } },
    ({ content }) => JSON.parse(content[0].text),
  ],
  [
    "Claude's output_format",
    CLAUDE,
    'invoke',
    { ...native, output_format: format },
    ({ content }) => JSON.parse(content[0].text),
  ],
  [
    "Claude's forced tool",
    CLAUDE,
    'invoke',
    { ...native, tools: [{ name: 'json', input_schema: schema }], tool_choice: { type: 'tool', name: 'json' } },
    ({ content }) => content[0].input,
  ],
  [
    'response_format of OpenAI',
    'openai.gpt-oss-20b-1:0',
    'invoke',
    { ...chat, response_format: jsonSchema },
    ({ choices }) => JSON.parse(choices[0].message.content),
  ],
  [
    'response_format of Mistral Large 3',
    'mistral.mistral-large-3-675b-instruct',
    'invoke',
    { ...chat, response_format: jsonSchema },
    ({ choices }) => JSON.parse(choices[0].message.content),
  ],
  [
    'response_format of Cohere',
    'cohere.command-r-plus-v1:0',
    'invoke',
    { message: PROMPT, response_format: { type: 'json_object', schema } },
    ({ text }) => JSON.parse(text),
  ],
])('%s is honoured', async (_title, modelId, operation, body, read) => {
  const { status, body: answer } = await post(emulator.url, `/model/${modelId}/${operation}`, body)

  expect([status, answer.message]).toEqual([200, undefined])
  const document = read(answer)
  expect({ document, valid: validate(document), errors: validate.errors ?? [] }).toEqual({
    document,
    valid: true,
    errors: [],
  })
  expect(document).toMatchObject({ city: 'Rome', kind: 'capital' })
})

test.each([
  ['openai.gpt-oss-20b-1:0', { ...chat, response_format: { type: 'json_object' } }],
  ['mistral.mistral-large-2402-v1:0', { ...chat, response_format: { type: 'json_object' } }],
])('%s answers a JSON object of any members', async (modelId, body) => {
  const { body: answer } = await post(emulator.url, `/model/${modelId}/invoke`, body)

  expect(JSON.parse(answer.choices[0].message.content)).toEqual(expect.any(Object))
})

test('tools come before the document: the document follows their result', async () => {
  const weather = {
    toolSpec: { name: 'get_weather', description: 'Weather of a city', inputSchema: { json: { type: 'object' } } },
  }
  const body = { toolConfig: { tools: [weather] }, additionalModelRequestFields: { output_config: { format } } }
  const asked = [userMessage('Describe the weather of Rome')]
  const first = await post(emulator.url, `/model/${CLAUDE}/converse`, { ...body, messages: asked })
  const { content } = first.body.output.message
  const { toolUseId } = content.at(-1).toolUse
  const second = await post(emulator.url, `/model/${CLAUDE}/converse`, {
    ...body,
    messages: [
      ...asked,
      { role: 'assistant', content },
      { role: 'user', content: [{ toolResult: { toolUseId, content: [{ text: 'sunny' }] } }] },
    ],
  })

  expect(validate(textOf(second.body))).toBe(true)
})
