import type { ConverseRequest } from './bedrock.ts'
import { toPlainText } from './plain-text.ts'

export interface SnippetInput {
  readonly modelId: string
  readonly request: ConverseRequest
  /** Address of the API, without a slash at its end. */
  readonly baseUrl: string
  readonly region: string
  readonly needsKey: boolean
}

export const LANGUAGES = ['curl', 'boto3', 'JavaScript', 'openai', 'anthropic'] as const

export type Language = (typeof LANGUAGES)[number]

/**
 * Code that sends the same request. It reads the key from AWS_BEARER_TOKEN_BEDROCK, and never has it. The codes of characters
 * that could hide code mean the same in the strings of all languages.
 */
export function writeSnippet(language: Language, input: SnippetInput): string {
  return toPlainText(WRITERS[language](input))
}

const WRITERS: Readonly<Record<Language, (input: SnippetInput) => string>> = {
  curl: writeCurl,
  boto3: writeBoto3,
  JavaScript: writeJavaScript,
  openai: writeOpenAi,
  anthropic: writeAnthropic,
}

function writeCurl({ modelId, request, baseUrl, needsKey }: SnippetInput): string {
  const body = JSON.stringify(request, null, 2).replaceAll("'", "'\\''")
  return [
    `curl -N '${baseUrl}/model/${encodeURIComponent(modelId)}/converse-stream' \\`,
    ...(needsKey ? ['  -H "authorization: Bearer $AWS_BEARER_TOKEN_BEDROCK" \\'] : []),
    "  -H 'content-type: application/json' -H 'accept: text/event-stream' \\",
    `  -d '${body}'`,
  ].join('\n')
}

/** boto3 takes the key from the environment, and sends it only over https. Without keys it signs, with any credentials. */
function writeBoto3({ modelId, request, baseUrl, region, needsKey }: SnippetInput): string {
  const parameters = Object.entries(request).map(
    ([name, value]) => `    ${name}=${toExpression(value, PYTHON, '    ')},`,
  )
  const settings = [
    `endpoint_url=${JSON.stringify(baseUrl)}`,
    `region_name=${JSON.stringify(region)}`,
    ...(needsKey ? [] : ['aws_access_key_id="local"', 'aws_secret_access_key="local"']),
  ]
  return [
    'import base64',
    'import boto3',
    '',
    ...(needsKey && baseUrl.startsWith('http:') ? ['# boto3 sends a key only over https: npm start -- --tls'] : []),
    `bedrock = boto3.client("bedrock-runtime", ${settings.join(', ')})`,
    'answer = bedrock.converse(',
    `    modelId=${JSON.stringify(modelId)},`,
    ...parameters,
    ')',
    'print(answer["output"]["message"]["content"])',
  ].join('\n')
}

/** The SDK wants a key also where the stack asks for none. */
function writeJavaScript({ modelId, request, baseUrl, region, needsKey }: SnippetInput): string {
  const input = toExpression({ modelId, ...request }, JAVASCRIPT)
  return [
    "import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'",
    '',
    ...(needsKey ? [] : ["process.env.AWS_BEARER_TOKEN_BEDROCK ??= 'local'"]),
    `const bedrock = new BedrockRuntimeClient({ endpoint: ${JSON.stringify(baseUrl)}, region: ${JSON.stringify(region)} })`,
    `const answer = await bedrock.send(new ConverseCommand(${input}))`,
    'console.log(answer.output.message.content)',
  ].join('\n')
}

function writeOpenAi({ modelId, request, baseUrl, needsKey }: SnippetInput): string {
  const { maxTokens, temperature, topP } = request.inferenceConfig ?? {}
  const body = {
    model: modelId,
    messages: [
      ...(request.system ?? []).map(({ text }) => ({ role: 'system', content: text })),
      ...textMessages(request),
    ],
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
  }
  return [
    ...noteOnLeftOut(request),
    'import os',
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${JSON.stringify(`${baseUrl}/v1`)}, api_key=${pythonKey(needsKey)})`,
    `answer = client.chat.completions.create(**${toExpression(body, PYTHON)})`,
    'print(answer.choices[0].message.content)',
  ].join('\n')
}

function writeAnthropic({ modelId, request, baseUrl, needsKey }: SnippetInput): string {
  const { maxTokens = 1024, temperature, topP } = request.inferenceConfig ?? {}
  const sampling = { ...(temperature !== undefined && { temperature }), ...(topP !== undefined && { top_p: topP }) }
  const body = {
    model: modelId,
    max_tokens: maxTokens,
    ...(request.system && { system: request.system.map(({ text }) => text).join('\n') }),
    messages: textMessages(request),
    // The SDK has no arguments for these.
    ...(Object.keys(sampling).length > 0 && { extra_body: sampling }),
  }
  return [
    ...noteOnLeftOut(request),
    'import os',
    'from anthropic import Anthropic',
    '',
    `client = Anthropic(base_url=${JSON.stringify(baseUrl)}, api_key=${pythonKey(needsKey)})`,
    `answer = client.messages.create(**${toExpression(body, PYTHON)})`,
    'print(answer.content)',
  ].join('\n')
}

function pythonKey(needsKey: boolean): string {
  return needsKey ? 'os.environ["AWS_BEARER_TOKEN_BEDROCK"]' : '"local"'
}

/** Messages with their texts. One without a text is left out: the other contracts refuse empty messages. */
function textMessages({ messages }: ConverseRequest): { role: string; content: string }[] {
  return messages
    .map(({ role, content }) => ({ role, content: content.flatMap(({ text }) => text ?? []).join('\n') }))
    .filter(({ content }) => content !== '')
}

/** Says what of the request the other contract writes differently, so that the code does not have it. */
function noteOnLeftOut({ messages, toolConfig, additionalModelRequestFields }: ConverseRequest): string[] {
  const others = messages.some(({ content }) => content.some(({ text }) => text === undefined))
  const left = [
    ...(others ? ['files, reasoning and tool results'] : []),
    ...(toolConfig ? ['tools'] : []),
    ...(additionalModelRequestFields === undefined ? [] : ['additional fields']),
  ]
  return left.length === 0 ? [] : [`# Only the texts: the page does not translate ${left.join(', ')}.`]
}

/** How a language writes what JSON writes otherwise. */
interface Syntax {
  readonly words: Readonly<Record<'null' | 'true' | 'false', string>>
  readonly bytes: (base64: string) => string
}

const PYTHON: Syntax = {
  words: { null: 'None', true: 'True', false: 'False' },
  bytes: (base64) => `base64.b64decode(${base64})`,
}

const JAVASCRIPT: Syntax = {
  words: { null: 'null', true: 'true', false: 'false' },
  bytes: (base64) => `Buffer.from(${base64}, 'base64')`,
}

/** Members of Converse that are bytes for an SDK. JSON has them in base64. */
const BYTES = /^(?!.*\.toolUse\.input\.).*\.(source\.bytes|reasoningContent\.redactedContent)$/

/** JSON value as an expression. JSON's escapes are those of both languages. */
function toExpression(value: unknown, syntax: Syntax, indent = '', path = ''): string {
  if (value === null || typeof value === 'boolean') return syntax.words[`${value}`]
  if (typeof value === 'string') {
    const text = JSON.stringify(value.toWellFormed())
    return BYTES.test(path) ? syntax.bytes(text) : text
  }
  if (typeof value !== 'object') return String(value)
  const inner = `${indent}    `
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const items = Array.isArray(value)
    ? value.map((item) => toExpression(item, syntax, inner, path))
    : Object.entries(value).map(([key, member]) => {
        const name = JSON.stringify(key.toWellFormed())
        return `${name}: ${toExpression(member, syntax, inner, `${path}.${key}`)}`
      })
  return items.length === 0
    ? `${open}${close}`
    : `${open}\n${items.map((item) => `${inner}${item},\n`).join('')}${indent}${close}`
}
