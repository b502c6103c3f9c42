import type { ContentBlock, ConverseRequest, Media } from './bedrock.ts'

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

/** Code that sends the same request. It reads the key from AWS_BEARER_TOKEN_BEDROCK, and never has it. */
export function writeSnippet(language: Language, input: SnippetInput): string {
  return WRITERS[language](input)
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

/** `key` is also a placeholder where the stack asks for none: SDKs want one. */
function writeBoto3({ modelId, request, baseUrl, region, needsKey }: SnippetInput): string {
  const parameters = Object.entries(request).map(([name, value]) => `    ${name}=${toPython(value, name)},`)
  return [
    'import base64, os',
    'import boto3',
    '',
    ...(needsKey ? [] : ['os.environ.setdefault("AWS_BEARER_TOKEN_BEDROCK", "local")']),
    `bedrock = boto3.client("bedrock-runtime", endpoint_url=${JSON.stringify(baseUrl)}, region_name=${JSON.stringify(region)})`,
    'answer = bedrock.converse(',
    `    modelId=${JSON.stringify(modelId)},`,
    ...parameters,
    ')',
    'print(answer["output"]["message"]["content"])',
  ].join('\n')
}

function writeJavaScript({ modelId, request, baseUrl, region, needsKey }: SnippetInput): string {
  const input = toJavaScript({ modelId, ...request })
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
      ...request.messages.map(({ role, content }) => ({ role, content: textOf(content) })),
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
    `answer = client.chat.completions.create(**${toPython(body)})`,
    'print(answer.choices[0].message.content)',
  ].join('\n')
}

function writeAnthropic({ modelId, request, baseUrl, needsKey }: SnippetInput): string {
  const { maxTokens = 1024, temperature, topP } = request.inferenceConfig ?? {}
  const body = {
    model: modelId,
    max_tokens: maxTokens,
    ...(request.system && { system: request.system.map(({ text }) => text).join('\n') }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    messages: request.messages.map(({ role, content }) => ({ role, content: textOf(content) })),
  }
  return [
    ...noteOnLeftOut(request),
    'import os',
    'from anthropic import Anthropic',
    '',
    `client = Anthropic(base_url=${JSON.stringify(baseUrl)}, api_key=${pythonKey(needsKey)})`,
    `answer = client.messages.create(**${toPython(body)})`,
    'print(answer.content)',
  ].join('\n')
}

function pythonKey(needsKey: boolean): string {
  return needsKey ? 'os.environ["AWS_BEARER_TOKEN_BEDROCK"]' : '"local"'
}

function textOf(content: readonly ContentBlock[]): string {
  return content.flatMap(({ text }) => text ?? []).join('\n')
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

/** JSON value as a Python expression. Bytes of media are decoded from base64, as boto3 wants them. */
function toPython(value: unknown, name?: string): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') {
    return name === 'bytes' ? `base64.b64decode(${JSON.stringify(value)})` : toPythonText(value)
  }
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return `[${value.map((item) => toPython(item)).join(', ')}]`
  const members = Object.entries(value).map(([key, member]) => `${toPythonText(key)}: ${toPython(member, key)}`)
  return `{${members.join(', ')}}`
}

/** JSON's escapes are Python's, except for pairs of surrogates. */
function toPythonText(text: string): string {
  return JSON.stringify(text).replaceAll(/\\ud[89ab][0-9a-f]{2}|\\ud[c-f][0-9a-f]{2}/g, '\\ufffd')
}

/** Bytes are a Buffer in JavaScript. */
function toJavaScript(value: unknown): string {
  const marked = JSON.stringify(value, (key, member: unknown) => (isBytes(key, member) ? `\u0000${member}` : member), 2)
  return marked.replaceAll(/"\\u0000([^"]*)"/g, (_, bytes: string) => `Buffer.from('${bytes}', 'base64')`)
}

function isBytes(key: string, value: unknown): value is (Media['source'] & { bytes: string })['bytes'] {
  return key === 'bytes' && typeof value === 'string'
}
