import { PROJECT_HEADER } from '../../bedrock/operations.ts'
import { readUsage } from '../../bedrock/read-usage.ts'
import { BedrockError, type RestError, type RestReply } from '../../core/errors.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { type JsonValue, readJsonObject } from '../../json/json-document.ts'
import { type JsonText, joinJson, writeArray, writeObject } from '../../json/write-json.ts'
import { METADATA_HEADER } from '../../pipeline/name-caller.ts'
import type { DoorHttpRequest } from '../door.ts'
import { invalidRequest, toErrorReply } from '../openai/errors.ts'
import { checkMembers } from '../openai/request-members.ts'
import { sanitizeMetadata } from '../openai/request-metadata.ts'
import { EMBEDDING_MEMBERS } from './members.ts'
import { type EmbeddingBody, findEmbeddingBody, INPUT_TYPES, type InputType } from './model-bodies.ts'

/** Calls of one request that may run at once. */
export const MAX_PARALLEL_CALLS = 8

/** Limit of OpenAI's API. */
const MAX_INPUTS = 2_048

/** Door whose requests are served by one or more calls, which do not depend on each other. */
export interface EmbeddingsDoor {
  /** @throws BedrockError ValidationException that names the member */
  read(request: DoorHttpRequest): EmbeddingsRequest
  toErrorReply(error: RestError): RestReply
}

export interface EmbeddingsRequest {
  /** Model as the caller named it. */
  readonly modelId: string
  /**
   * Plans the calls of a resolved model.
   *
   * @throws BedrockError ValidationException that names the member
   */
  plan(model: { readonly modelId: string }): EmbeddingsPlan
}

export interface EmbeddingsPlan {
  /** Calls of InvokeModel. At most {@link MAX_PARALLEL_CALLS} should run at once. */
  readonly calls: readonly Pick<ModelCall, 'operation' | 'headers' | 'body' | 'replyHeaders'>[]
  /** Joins the answers, in the order of the calls. */
  join(replies: readonly RestReply[]): RestReply
}

/** OpenAI's embeddings. */
export const embeddings: EmbeddingsDoor = {
  read({ body, headers }) {
    const { root } = readJsonObject(body)
    checkMembers(root, EMBEDDING_MEMBERS, '', new Set())
    const modelId = root.get('model')?.text
    if (!modelId) {
      throw invalidRequest('model', 'model must be the id, alias or ARN of a model.', 'missing_required_parameter')
    }
    const texts = readTexts(root)
    const inputType = readChoice(root, 'input_type', INPUT_TYPES) ?? 'search_document'
    const format = readChoice(root, 'encoding_format', ['float', 'base64'] as const) ?? 'float'
    const request = { texts, inputType, format, dimensions: readDimensions(root), headers: writeHeaders(root, headers) }
    return { modelId, plan: (model) => plan(request, model.modelId) }
  },
  toErrorReply,
}

interface ReadRequest {
  readonly texts: readonly JsonValue[]
  readonly inputType: InputType
  readonly format: 'float' | 'base64'
  readonly dimensions: JsonValue | undefined
  readonly headers: Readonly<Record<string, string>>
}

function plan({ texts, inputType, format, headers, ...read }: ReadRequest, modelId: string): EmbeddingsPlan {
  const model = findEmbeddingBody(modelId)
  const dimensions = chooseDimensions(read.dimensions, model, modelId)
  const groups = split(texts, model.maxTexts)
  return {
    calls: groups.map((group) => {
      const written = group.map(({ bytes }) => bytes)
      const body = joinJson(model.write(written, { dimensions, inputType }))
      return { operation: 'InvokeModel', headers, body, replyHeaders: {} }
    }),
    join: (replies) => join(replies, { model, modelId, format, count: texts.length }),
  }
}

/** Texts of the input. Bytes are copied later. */
function readTexts(root: JsonValue): JsonValue[] {
  const input = root.get('input')
  if (!input) throw invalidRequest('input', 'input must be a text or a list of texts.', 'missing_required_parameter')
  const texts = input.kind === 'array' ? input.items : [input]
  if (texts.some(({ kind }) => kind === 'number' || kind === 'array')) {
    throw invalidRequest(
      'input',
      'input must have texts, not tokens: each model of Bedrock has its own tokens. In LangChain set check_embedding_ctx_length=False.',
      'unsupported_value',
    )
  }
  if (texts.length === 0 || texts.length > MAX_INPUTS) {
    throw invalidRequest('input', `input has ${texts.length} texts: it must have 1 to ${MAX_INPUTS}.`, 'invalid_value')
  }
  for (const [index, text] of texts.entries()) {
    if (text.kind === 'string' && text.text?.trim() !== '') continue
    const param = input.kind === 'array' ? `input[${index}]` : 'input'
    throw invalidRequest(param, `${param} must be a text that is not empty.`, 'invalid_value')
  }
  return texts
}

function readDimensions(root: JsonValue): JsonValue | undefined {
  const dimensions = root.get('dimensions')
  if (!dimensions || dimensions.kind === 'number') return dimensions
  throw invalidRequest('dimensions', 'dimensions must be a number.', 'invalid_type')
}

function chooseDimensions(asked: JsonValue | undefined, model: EmbeddingBody, modelId: string): JsonValue | undefined {
  if (!asked || model.dimensions === undefined) return asked
  if (asked.parse() === model.dimensions) return undefined
  throw invalidRequest('dimensions', `The vectors of ${modelId} have ${model.dimensions} values.`, 'unsupported_value')
}

function readChoice<Choice extends string>(
  root: JsonValue,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = root.get(name)
  if (!value) return undefined
  const choice = choices.find((known) => known === value.text)
  if (choice !== undefined) return choice
  throw invalidRequest(name, `${name} must be ${choices.join(' or ')}.`, 'invalid_value')
}

/** Headers of each call: those of the stack, the project, and the user for Bedrock's log. */
function writeHeaders(root: JsonValue, headers: Readonly<Record<string, string>>): Record<string, string> {
  const user = root.get('user')?.text
  const own = Object.entries(headers).filter(
    ([name]) => name.startsWith('x-bedrock-functions-') || name === PROJECT_HEADER,
  )
  return {
    'content-type': 'application/json',
    ...Object.fromEntries(own),
    ...(user !== undefined && { [METADATA_HEADER]: JSON.stringify({ user: sanitizeMetadata(user) }) }),
  }
}

function split<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

interface JoinOptions {
  readonly model: EmbeddingBody
  readonly modelId: string
  readonly format: 'float' | 'base64'
  readonly count: number
}

function join(replies: readonly RestReply[], { model, modelId, format, count }: JoinOptions): RestReply {
  const vectors = replies.flatMap(({ body }) => model.readVectors(readJsonObject(body, 'the answer').root))
  if (vectors.length !== count) {
    throw new BedrockError('ModelErrorException', `The model answered ${vectors.length} vectors for ${count} texts.`)
  }
  const data = vectors.map((vector, index) =>
    writeObject([
      ['object', '"embedding"'],
      ['index', String(index)],
      ['embedding', format === 'float' ? vector.bytes : writeBase64(vector)],
    ]),
  )
  const tokens = replies.reduce((sum, reply) => sum + (readUsage('InvokeModel', reply).inputTokens ?? 0), 0)
  const body = writeObject([
    ['object', '"list"'],
    ['data', writeArray(data)],
    ['model', JSON.stringify(modelId)],
    ['usage', JSON.stringify({ prompt_tokens: tokens, total_tokens: tokens })],
  ])
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: joinJson(body) }
}

/** Writes a vector as OpenAI's SDKs ask for it: 32-bit floats, little-endian, in base64. */
function writeBase64(vector: JsonValue): JsonText {
  const values = vector.items.map((value) => Number(value.bytes.toString()))
  const bytes = Buffer.allocUnsafe(4 * values.length)
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, 4 * index)
  return `"${bytes.toString('base64')}"`
}
