import { readStream } from './read-stream.ts'
import { CLAUDE, PDF, PNG, post, useEmulator } from './support.ts'

const emulator = useEmulator()

const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0'
const HAIKU_3_5 = 'us.anthropic.claude-3-5-haiku-20241022-v1:0'
const SONNET_3_5 = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
const SONNET_3_7 = 'us.anthropic.claude-3-7-sonnet-20250219-v1:0'
const SONNET_4 = 'us.anthropic.claude-sonnet-4-20250514-v1:0'
const OPUS_4_1 = 'us.anthropic.claude-opus-4-1-20250805-v1:0'
const SONNET_4_5 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const OPUS_4_5 = 'us.anthropic.claude-opus-4-5-20251101-v1:0'
const SONNET_4_6 = 'us.anthropic.claude-sonnet-4-6'
const OPUS_4_7 = 'us.anthropic.claude-opus-4-7'
const SONNET_5 = 'us.anthropic.claude-sonnet-5'
const SONNET_5_5 = 'us.anthropic.claude-sonnet-5-5'
const MICRO = 'amazon.nova-micro-v1:0'
const LITE = 'amazon.nova-lite-v1:0'
const PRO = 'amazon.nova-pro-v1:0'
const PRO_PROFILE = 'us.amazon.nova-pro-v1:0'
const LITE_2 = 'us.amazon.nova-2-lite-v1:0'
const TITAN = 'amazon.titan-text-express-v1'
const LLAMA_3 = 'meta.llama3-8b-instruct-v1:0'
const LLAMA_3_1 = 'us.meta.llama3-1-70b-instruct-v1:0'
const LLAMA_3_2_1B = 'us.meta.llama3-2-1b-instruct-v1:0'
const LLAMA_3_2_11B = 'us.meta.llama3-2-11b-instruct-v1:0'
const LLAMA_3_3 = 'us.meta.llama3-3-70b-instruct-v1:0'
const SCOUT = 'us.meta.llama4-scout-17b-instruct-v1:0'
const MAVERICK = 'us.meta.llama4-maverick-17b-instruct-v1:0'
const MISTRAL_7B = 'mistral.mistral-7b-instruct-v0:2'
const MIXTRAL = 'mistral.mixtral-8x7b-instruct-v0:1'
const MISTRAL_LARGE = 'mistral.mistral-large-2407-v1:0'
const MISTRAL_LARGE_3 = 'mistral.mistral-large-3-675b-instruct'
const PIXTRAL = 'us.mistral.pixtral-large-2502-v1:0'
const COMMAND_R = 'cohere.command-r-v1:0'
const JAMBA = 'ai21.jamba-1-5-mini-v1:0'
const R1 = 'us.deepseek.r1-v1:0'
const DEEPSEEK = 'deepseek.v3-v1:0'
const GPT_OSS = 'openai.gpt-oss-120b-1:0'
const GPT_5_6 = 'openai.gpt-5.6-sol'
const QWEN = 'qwen.qwen3-32b-v1:0'
const QWEN_VL = 'qwen.qwen3-vl-235b-a22b'
const GEMMA = 'google.gemma-3-12b-it'
const GROK = 'xai.grok-4.6'
const GLM = 'zai.glm-4.7'
const KIMI = 'moonshotai.kimi-k2.5'
const PALMYRA = 'us.writer.palmyra-x5-v1:0'

type Operation = 'converse' | 'converse-stream' | 'invoke' | 'invoke-with-response-stream'

const CONVERSE: readonly Operation[] = ['converse', 'converse-stream']
const INVOKE: readonly Operation[] = ['invoke', 'invoke-with-response-stream']

interface Rule {
  readonly name: string
  readonly operations: readonly Operation[]
  readonly body: object
  readonly headers?: Record<string, string>
  /** ValidationException by default. */
  readonly type?: string
  readonly text: string | RegExp
  readonly refused: readonly string[]
  readonly served: readonly string[]
}

const hello = { role: 'user', content: [{ text: 'Hello' }] }
const messages = [hello]
const bytes = PNG.toString('base64')
const tools = [{ toolSpec: { name: 'look_up', inputSchema: { json: { type: 'object' } } } }]
const point = { cachePoint: { type: 'default' } }
const hour = { cachePoint: { type: 'default', ttl: '1h' } }

function showing(block: object): object {
  return { messages: [{ role: 'user', content: [{ text: 'Look' }, block] }] }
}

function answering(...blocks: readonly object[]): object {
  return {
    messages: [
      hello,
      { role: 'assistant', content: [{ toolUse: { toolUseId: 'call_0001', name: 'look_up', input: {} } }] },
      { role: 'user', content: blocks },
    ],
    toolConfig: { tools },
  }
}

function result(content: object): object {
  return { toolResult: { toolUseId: 'call_0001', content: [content] } }
}

const schema = JSON.stringify({ type: 'object', properties: {}, additionalProperties: false })
const claude = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hello' }],
}
const chat = { messages: [{ role: 'user', content: 'Hello' }] }
const claudeTool = { name: 'look_up', input_schema: { type: 'object' } }
const returned = (text: string): string => `The model returned the following errors: ${text}`
const malformed = (fact: string): string =>
  `Malformed input request: ${fact}, please reformat your input and try again.`

const TOOL_RULES: readonly Rule[] = [
  {
    name: 'toolChoice any',
    operations: ['converse'],
    body: { messages, toolConfig: { tools, toolChoice: { any: {} } } },
    text: "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again.",
    refused: [LLAMA_3_1, LLAMA_3_3, SCOUT, MAVERICK, COMMAND_R, JAMBA],
    served: [CLAUDE, SONNET_5, LITE, LITE_2, MISTRAL_LARGE, PIXTRAL, DEEPSEEK, QWEN, GPT_OSS],
  },
  {
    name: 'toolChoice tool',
    operations: ['converse'],
    body: { messages, toolConfig: { tools, toolChoice: { tool: { name: 'look_up' } } } },
    text: "This model doesn't support the toolConfig.toolChoice.tool field. Remove toolConfig.toolChoice.tool and try again.",
    refused: [LLAMA_3_1, LLAMA_3_3, SCOUT, MISTRAL_LARGE, COMMAND_R, JAMBA],
    served: [CLAUDE, SONNET_4_6, LITE, LITE_2, KIMI, GLM],
  },
  {
    name: 'toolChoice auto',
    operations: ['converse'],
    body: { messages, toolConfig: { tools, toolChoice: { auto: {} } } },
    text: '',
    refused: [],
    served: [LLAMA_3_3, SCOUT, MISTRAL_LARGE, COMMAND_R],
  },
  {
    name: 'a forced tool',
    operations: ['converse'],
    body: { messages, toolConfig: { tools, toolChoice: { any: {} } } },
    text: returned('`tool_choice` that forces tool use is not supported for this model.'),
    refused: [SONNET_5_5, 'us.anthropic.claude-opus-5-5'],
    served: [OPUS_4_7],
  },
  {
    name: 'a forced tool with thinking',
    operations: ['converse'],
    body: {
      messages,
      inferenceConfig: { maxTokens: 4_000 },
      toolConfig: { tools, toolChoice: { any: {} } },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1_024 } },
    },
    text: returned('Thinking may not be enabled when tool_choice forces tool use.'),
    refused: [SONNET_3_7, SONNET_4, SONNET_4_5, CLAUDE],
    served: [],
  },
  {
    name: 'tools in a stream',
    operations: ['converse-stream'],
    body: { messages, toolConfig: { tools } },
    text: "This model doesn't support tool use in streaming mode.",
    refused: [LLAMA_3_1, LLAMA_3_3, SCOUT, MAVERICK, MISTRAL_LARGE, PIXTRAL, PALMYRA, R1, MISTRAL_7B, LLAMA_3],
    served: [CLAUDE, SONNET_5, LITE, LITE_2, COMMAND_R, JAMBA, MISTRAL_LARGE_3, QWEN, GPT_OSS, GLM],
  },
  {
    name: 'tools',
    operations: ['converse'],
    body: { messages, toolConfig: { tools } },
    text: "This model doesn't support tool use.",
    refused: [R1, MISTRAL_7B, MIXTRAL, TITAN, LLAMA_3, LLAMA_3_2_1B, GEMMA],
    served: [LLAMA_3_1, SCOUT, MISTRAL_LARGE, PIXTRAL, PALMYRA, COMMAND_R, DEEPSEEK],
  },
]

const OUTPUT_RULES: readonly Rule[] = [
  {
    name: 'outputConfig',
    operations: CONVERSE,
    body: {
      messages,
      outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'answer', schema } } } },
    },
    text: "This model doesn't support the outputConfig field. Remove outputConfig and try again.",
    refused: [LITE_2, LITE, MICRO, LLAMA_3_3, SCOUT, MISTRAL_LARGE, R1, PALMYRA, COMMAND_R],
    served: [CLAUDE, SONNET_4_5, SONNET_5, QWEN, GPT_OSS, MISTRAL_LARGE_3, DEEPSEEK],
  },
  {
    name: 'outputConfig on Claude before 4.5',
    operations: CONVERSE,
    body: {
      messages,
      outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'answer', schema } } } },
    },
    text: returned('output_config.format: Extra inputs are not permitted'),
    refused: [HAIKU_3, SONNET_3_5, SONNET_3_7, SONNET_4, OPUS_4_1],
    served: [OPUS_4_5],
  },
  {
    name: 'output_config.format',
    operations: INVOKE,
    body: { ...claude, output_config: { format: { type: 'json_schema', schema: JSON.parse(schema) } } },
    text: 'output_config.format: Extra inputs are not permitted',
    refused: [SONNET_3_7, SONNET_4, OPUS_4_1],
    served: [CLAUDE, SONNET_4_6],
  },
  {
    name: 'response_format',
    operations: INVOKE,
    body: {
      ...chat,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: JSON.parse(schema) } },
    },
    text: malformed('#: extraneous key [response_format] is not permitted'),
    refused: [PALMYRA],
    served: [QWEN, GPT_OSS, DEEPSEEK],
  },
]

const cachingUnsupported =
  'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.'

const CACHE_RULES: readonly Rule[] = [
  {
    name: 'cachePoint',
    operations: CONVERSE,
    body: { messages, system: [{ text: 'Be brief' }, point] },
    type: 'AccessDeniedException',
    text: cachingUnsupported,
    refused: [LLAMA_3_3, SCOUT, GPT_OSS, QWEN, R1, HAIKU_3, COMMAND_R, KIMI],
    served: [CLAUDE, SONNET_3_7, HAIKU_3_5, SONNET_5_5, LITE, LITE_2],
  },
  {
    name: 'cachePoint in tools',
    operations: ['converse'],
    body: { messages, toolConfig: { tools: [...tools, point] } },
    text: returned(malformed('#/toolConfig/tools/1: extraneous key [cachePoint] is not permitted')),
    refused: [MICRO, LITE, PRO, LITE_2],
    served: [CLAUDE, SONNET_3_7, SONNET_4_6],
  },
  {
    name: 'cachePoint beside a tool result',
    operations: ['converse'],
    body: answering(result({ text: 'Found' }), point),
    text: returned(malformed('#/messages/2/content/0: extraneous key [cachePoint] is not permitted')),
    refused: [LITE, PRO, LITE_2],
    served: [CLAUDE, SONNET_4_5],
  },
  {
    name: 'a cachePoint of 1h',
    operations: CONVERSE,
    body: { messages, system: [{ text: 'Be brief' }, hour] },
    text: 'Extended TTL prompt caching is only supported for Anthropic models',
    refused: [MICRO, LITE, LITE_2],
    served: [CLAUDE, SONNET_4_5, OPUS_4_5, SONNET_5],
  },
  {
    name: 'a cachePoint of 1h on Claude before 4.5',
    operations: CONVERSE,
    body: { messages, system: [{ text: 'Be brief' }, hour] },
    text: returned('system.0.cache_control.ttl: Extra inputs are not permitted'),
    refused: [HAIKU_3_5, SONNET_3_7, SONNET_4, OPUS_4_1],
    served: [SONNET_4_6],
  },
  {
    name: 'cache_control of 1h',
    operations: INVOKE,
    body: { ...claude, tools: [{ ...claudeTool, cache_control: { type: 'ephemeral', ttl: '1h' } }] },
    text: 'tools.0.cache_control.ttl: Extra inputs are not permitted',
    refused: [SONNET_3_7, SONNET_4, OPUS_4_1],
    served: [CLAUDE, SONNET_5],
  },
  {
    name: 'cache_control',
    operations: INVOKE,
    body: { ...claude, system: [{ type: 'text', text: 'Be brief', cache_control: { type: 'ephemeral' } }] },
    type: 'AccessDeniedException',
    text: cachingUnsupported,
    refused: [HAIKU_3],
    served: [SONNET_3_7, SONNET_4, CLAUDE],
  },
  {
    name: 'cachePoint in the body of Nova',
    operations: INVOKE,
    body: { messages, toolConfig: { tools: [...tools, point] } },
    text: malformed('#/toolConfig/tools/1: extraneous key [cachePoint] is not permitted'),
    refused: [LITE, LITE_2],
    served: [],
  },
]

const MEDIA_RULES: readonly Rule[] = [
  {
    name: 'an image',
    operations: CONVERSE,
    body: showing({ image: { format: 'png', source: { bytes } } }),
    text: "This model doesn't support the image content block that you provided. Update the content block and try again.",
    refused: [
      MICRO,
      HAIKU_3_5,
      LLAMA_3_3,
      LLAMA_3_1,
      MISTRAL_LARGE,
      R1,
      GPT_OSS,
      QWEN,
      COMMAND_R,
      JAMBA,
      PALMYRA,
      TITAN,
    ],
    served: [CLAUDE, HAIKU_3, LITE, LITE_2, SCOUT, LLAMA_3_2_11B, PIXTRAL, QWEN_VL, MISTRAL_LARGE_3, KIMI],
  },
  {
    name: 'an image in a tool result',
    operations: ['converse'],
    body: answering(result({ image: { format: 'png', source: { bytes } } })),
    text: "This model doesn't support the image field for user messages. Remove image and try again.",
    refused: [QWEN_VL, GPT_OSS, MISTRAL_LARGE_3, KIMI, GROK],
    served: [CLAUDE, LITE, PRO, SCOUT],
  },
  {
    name: 'a document',
    operations: CONVERSE,
    body: showing({ document: { name: 'report', format: 'pdf', source: { bytes: PDF.toString('base64') } } }),
    text: "This model doesn't support documents.",
    refused: [MICRO, QWEN_VL, GROK, GPT_5_6],
    served: [CLAUDE, HAIKU_3, LITE, PRO, LLAMA_3_3, COMMAND_R, MISTRAL_LARGE],
  },
  {
    name: 'a video',
    operations: CONVERSE,
    body: showing({
      video: { format: 'mp4', source: { bytes: Buffer.from('\0\0\0\x18ftypmp42').toString('base64') } },
    }),
    text: "This model doesn't support the video content block that you provided. Update the content block and try again.",
    refused: [MICRO, CLAUDE, SONNET_5, SCOUT, PIXTRAL, GPT_OSS],
    served: [LITE, PRO, LITE_2],
  },
  {
    name: 'an image in the body of Nova',
    operations: INVOKE,
    body: showing({ image: { format: 'png', source: { bytes } } }),
    text: malformed('#/messages/0/content/1: extraneous key [image] is not permitted'),
    refused: [MICRO],
    served: [LITE, LITE_2],
  },
  {
    name: 'an image in chat completions',
    operations: INVOKE,
    body: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${bytes}` } },
          ],
        },
      ],
    },
    text: /is not a multimodal model$/,
    refused: [QWEN, GPT_OSS, DEEPSEEK],
    served: [QWEN_VL, MISTRAL_LARGE_3, KIMI],
  },
]

const PROMPT_RULES: readonly Rule[] = [
  {
    name: 'system',
    operations: CONVERSE,
    body: { messages, system: [{ text: 'Be brief' }] },
    text: "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    refused: [TITAN, 'amazon.titan-text-lite-v1', MISTRAL_7B, MIXTRAL, 'cohere.command-text-v14'],
    served: [CLAUDE, LITE, LLAMA_3, MISTRAL_LARGE, COMMAND_R, R1, GPT_OSS],
  },
  {
    name: 'prefill',
    operations: CONVERSE,
    body: { messages: [hello, { role: 'assistant', content: [{ text: 'The' }] }] },
    text: /prefill|must end with a user message/,
    refused: [OPUS_4_7, SONNET_4_6, SONNET_5, SONNET_5_5],
    served: [CLAUDE, SONNET_3_7, SONNET_4_5, OPUS_4_5],
  },
  {
    name: 'temperature with topP',
    operations: CONVERSE,
    body: { messages, inferenceConfig: { temperature: 0.5, topP: 0.9 } },
    text: returned('`temperature` and `top_p` cannot both be specified for this model. Please use only one.'),
    refused: [OPUS_4_1, CLAUDE, SONNET_4_5, OPUS_4_5, SONNET_4_6],
    served: [HAIKU_3, SONNET_3_7, SONNET_4, LITE, LLAMA_3_3, GPT_OSS],
  },
  {
    name: 'temperature',
    operations: CONVERSE,
    body: { messages, inferenceConfig: { temperature: 0.5 } },
    text: returned('`temperature` is deprecated for this model.'),
    refused: [OPUS_4_7, SONNET_5, SONNET_5_5, 'us.anthropic.claude-opus-5'],
    served: [CLAUDE, OPUS_4_5, SONNET_4_6, LITE, QWEN],
  },
  {
    name: 'temperature of another model',
    operations: ['converse'],
    body: { messages, inferenceConfig: { temperature: 0.5 } },
    text: "This model doesn't support the temperature field. Remove temperature and try again.",
    refused: [GROK, GPT_5_6],
    served: ['xai.grok-4.3', GLM],
  },
  {
    name: 'temperature with top_p',
    operations: INVOKE,
    body: { ...claude, temperature: 0.5, top_p: 0.9 },
    text: '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    refused: [OPUS_4_1, CLAUDE],
    served: [SONNET_3_7],
  },
  {
    name: 'top_k',
    operations: INVOKE,
    body: { ...claude, top_k: 10 },
    text: '`top_k` is deprecated for this model.',
    refused: [OPUS_4_7, SONNET_5],
    served: [CLAUDE, SONNET_4_6],
  },
  {
    name: 'enabled thinking',
    operations: ['converse'],
    body: {
      messages,
      inferenceConfig: { maxTokens: 4_000 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1_024 } },
    },
    text: /^The model returned the following errors: "thinking\.type\.enabled" is not supported for this model\./,
    refused: [OPUS_4_7, SONNET_5],
    served: [SONNET_3_7, SONNET_4, CLAUDE, SONNET_4_6],
  },
  {
    name: 'adaptive thinking',
    operations: ['converse'],
    body: { messages, additionalModelRequestFields: { thinking: { type: 'adaptive' } } },
    text: returned('adaptive thinking is not supported on this model'),
    refused: [SONNET_3_7, SONNET_4, CLAUDE, SONNET_4_5],
    served: [SONNET_4_6, OPUS_4_7, SONNET_5],
  },
]

const SETTING_RULES: readonly Rule[] = [
  {
    name: 'a flexible tier',
    operations: CONVERSE,
    body: { messages, serviceTier: { type: 'flex' } },
    text: 'The provided service tier is not supported for this model.',
    refused: [LITE, MICRO, CLAUDE, SONNET_5, LLAMA_3_3, GROK],
    served: [PRO, PRO_PROFILE, LITE_2, QWEN, GPT_OSS],
  },
  {
    name: 'a reserved tier',
    operations: CONVERSE,
    body: { messages, serviceTier: { type: 'reserved' } },
    text: 'Reservation not found.',
    refused: [LITE, PRO],
    served: [CLAUDE],
  },
  {
    name: 'a tier in a header',
    operations: INVOKE,
    body: { messages },
    headers: { 'x-amzn-bedrock-service-tier': 'priority' },
    text: 'The provided service tier is not supported for this model.',
    refused: [LITE, MICRO],
    served: [PRO, LITE_2],
  },
  {
    name: 'an optimized latency',
    operations: CONVERSE,
    body: { messages, performanceConfig: { latency: 'optimized' } },
    text: /^Latency performance configuration is not supported for [a-z0-9.:-]+ in us-east-1$/,
    refused: [PRO, LITE, CLAUDE, LLAMA_3_3, SONNET_3_5, GPT_OSS],
    served: [PRO_PROFILE, HAIKU_3_5, LLAMA_3_1],
  },
  {
    name: 'an optimized latency in a header',
    operations: INVOKE,
    body: { messages },
    headers: { 'x-amzn-bedrock-performanceconfig-latency': 'optimized' },
    text: /^Latency performance configuration is not supported for amazon\.nova-[a-z]+-v1:0 in us-east-1$/,
    refused: [PRO, LITE],
    served: [PRO_PROFILE],
  },
  {
    name: 'an unknown beta',
    operations: CONVERSE,
    body: { messages, additionalModelRequestFields: { anthropic_beta: ['no-such-beta-2024-01-01'] } },
    text: returned('invalid beta flag'),
    refused: [HAIKU_3, SONNET_4, CLAUDE, OPUS_4_7],
    served: [],
  },
  {
    name: 'a beta of older models',
    operations: INVOKE,
    body: { ...claude, anthropic_beta: ['output-128k-2025-02-19'] },
    text: 'invalid beta flag',
    refused: [OPUS_4_7, SONNET_5],
    served: [SONNET_3_7, CLAUDE],
  },
  {
    name: 'a known beta',
    operations: CONVERSE,
    body: { messages, additionalModelRequestFields: { anthropic_beta: ['interleaved-thinking-2025-05-14'] } },
    text: '',
    refused: [],
    served: [SONNET_4, CLAUDE, OPUS_4_7, SONNET_5],
  },
  {
    name: 'betas that langchain-aws sends to add tools',
    operations: INVOKE,
    body: { ...claude, anthropic_beta: ['inline-tools-2026-09-15', 'mid-conversation-tool-changes-2026-07-01'] },
    text: '',
    refused: [],
    served: [OPUS_4_7, SONNET_5],
  },
  {
    name: 'more output than the model has',
    operations: ['converse'],
    body: { messages, inferenceConfig: { maxTokens: 20_000 } },
    text: /^The maximum tokens you requested exceeds the model limit of \d+\. Try again with a maximum tokens value that is lower than \d+\.$/,
    refused: [HAIKU_3, SONNET_3_5, LITE, LLAMA_3_3],
    served: [CLAUDE, SONNET_3_7, SONNET_5, LITE_2, GPT_5_6],
  },
]

interface Row extends Omit<Rule, 'operations' | 'refused' | 'served'> {
  readonly operation: Operation
  readonly modelId: string
}

function listRows(rules: readonly Rule[], outcome: 'refused' | 'served'): Row[] {
  return rules.flatMap((rule) =>
    rule.operations.flatMap((operation) => rule[outcome].map((modelId) => ({ ...rule, operation, modelId }))),
  )
}

const RULES = [...TOOL_RULES, ...OUTPUT_RULES, ...CACHE_RULES, ...MEDIA_RULES, ...PROMPT_RULES, ...SETTING_RULES]

test.each(listRows(RULES, 'refused'))(
  '$modelId refuses $name in $operation',
  async ({ operation, modelId, body, headers, type = 'ValidationException', text }) => {
    const reply = await post(emulator.url, `/model/${encodeURIComponent(modelId)}/${operation}`, body, headers)

    expect({ status: reply.status, type: reply.headers.get('x-amzn-errortype'), message: reply.body.message }).toEqual({
      status: type === 'AccessDeniedException' ? 403 : 400,
      type,
      message: typeof text === 'string' ? text : expect.stringMatching(text),
    })
  },
)

test.each(listRows(RULES, 'served'))(
  '$modelId serves $name in $operation',
  async ({ operation, modelId, body, headers }) => {
    const path = `/model/${encodeURIComponent(modelId)}/${operation}`

    if (operation.endsWith('stream')) {
      const { status, events } = await readStream(emulator.url, path, body, headers && { headers })
      expect([status, events[0]?.kind]).toEqual([200, 'event'])
    } else {
      const reply = await post(emulator.url, path, body, headers)
      expect([reply.status, reply.body.message]).toEqual([200, undefined])
    }
  },
)
