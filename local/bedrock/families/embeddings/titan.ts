import { countTextTokens } from '../../conversation/count-tokens.ts'
import { malformedInput, validationError } from '../../messages.ts'
import { describeForModel } from '../../shapes/describe-violation.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { readNumber, readString, readStrings } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import { boolean, integer, list, oneOf, type Shape, structure } from '../../shapes/shape.ts'
import type { UnaryFamily } from '../family.ts'
import { embedText } from './embed-text.ts'

/** Limits of Titan Embeddings, in characters and tokens. */
const inputText: Shape = { type: 'string', minimum: 1, maximum: 50_000 }
const MAX_TOKENS = 8_192
const VERSION_1_DIMENSIONS = 1_536
const VERSION_2_DIMENSIONS = [256, 512, 1_024]

const version1Request = structure({ inputText }, ['inputText'])
const version2Request = structure(
  { inputText, dimensions: integer(), normalize: boolean, embeddingTypes: list(oneOf('float', 'binary'), 1) },
  ['inputText'],
)

export const titanEmbeddingsV1: UnaryFamily = {
  kind: 'unary',
  invoke(body) {
    requireShape(body, version1Request, describeForModel)
    const text = readString(body.inputText) ?? ''
    const inputTokens = countInput(text)
    return { body: { embedding: embedText(text, VERSION_1_DIMENSIONS), inputTextTokenCount: inputTokens }, inputTokens }
  },
}

export const titanEmbeddingsV2: UnaryFamily = {
  kind: 'unary',
  invoke(body) {
    requireShape(body, version2Request, describeForModel)
    const text = readString(body.inputText) ?? ''
    const dimensions = readNumber(body.dimensions) ?? 1_024
    if (!VERSION_2_DIMENSIONS.includes(dimensions)) {
      throw validationError(
        malformedInput(`#/dimensions: ${dimensions} is not one of ${VERSION_2_DIMENSIONS.join(', ')}`),
      )
    }
    const inputTokens = countInput(text)
    const vector = embedText(text, dimensions, body.normalize !== false)
    const types = body.embeddingTypes === undefined ? ['float'] : readStrings(body.embeddingTypes)
    return { body: { ...render(vector, types), inputTextTokenCount: inputTokens }, inputTokens }
  },
}

/** Renders the embeddings. `embedding` repeats the floats for programs older than embedding types. */
function render(vector: number[], types: readonly string[]): JsonObject {
  const byType = {
    ...(types.includes('float') && { float: vector }),
    ...(types.includes('binary') && { binary: vector.map((value) => (value > 0 ? 1 : 0)) }),
  }
  return { ...(types.includes('float') && { embedding: vector }), embeddingsByType: byType }
}

function countInput(text: string): number {
  const tokens = countTextTokens(text)
  if (tokens <= MAX_TOKENS) return tokens
  throw validationError(
    `400 Bad Request: Too many input tokens. Max input tokens: ${MAX_TOKENS}, request input token count: ${tokens}`,
  )
}
