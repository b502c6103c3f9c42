import { createHash } from 'node:crypto'
import { countTextTokens } from '../../conversation/count-tokens.ts'
import { malformedInput, validationError } from '../../messages.ts'
import { describeForModel } from '../../shapes/describe-violation.ts'
import { readNumber, readObject, readString } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import { blob, integer, structure, text } from '../../shapes/shape.ts'
import type { UnaryFamily } from '../family.ts'
import { embedText } from './embed-text.ts'

const DIMENSIONS = [256, 384, 1_024]
const DEFAULT_DIMENSIONS = 1_024

const request = structure({
  inputText: text,
  inputImage: blob,
  embeddingConfig: structure({ outputEmbeddingLength: integer() }),
})

/**
 * Amazon Titan Multimodal Embeddings: a text, an image, or both, whose vector is the average. Source: Amazon Bedrock User
 * Guide, "Amazon Titan Multimodal Embeddings G1". An image counts as one word, the hash of its data.
 */
export const titanImageEmbeddings: UnaryFamily = {
  kind: 'unary',
  invoke(body) {
    requireShape(body, request, describeForModel)
    const dimensions = readNumber(readObject(body.embeddingConfig)?.outputEmbeddingLength) ?? DEFAULT_DIMENSIONS
    if (!DIMENSIONS.includes(dimensions)) {
      const fact = `${dimensions} is not a valid enum value`
      throw validationError(malformedInput(`#/embeddingConfig/outputEmbeddingLength: ${fact}`))
    }
    const inputText = readString(body.inputText)
    const inputImage = readString(body.inputImage)
    const hash = inputImage && createHash('sha256').update(inputImage).digest('hex').slice(0, 40)
    const inputs = [inputText, hash].filter((input) => input !== undefined && input !== '')
    if (inputs.length === 0) {
      throw validationError(malformedInput('#: required key [inputText] or [inputImage] not found'))
    }
    const vectors = inputs.map((input) => embedText(input ?? '', dimensions))
    const embedding = vectors.reduce((sum, vector) => sum.map((value, index) => value + (vector[index] ?? 0)))
    const inputTokens = countTextTokens(inputText ?? '')
    return {
      body: {
        embedding: embedding.map((value) => Number((value / vectors.length).toFixed(8))),
        inputTextTokenCount: inputTokens,
        message: null,
      },
      inputTokens,
    }
  },
}
