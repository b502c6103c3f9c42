import { createHash } from 'node:crypto'
import { countTextTokens } from '../../conversation/count-tokens.ts'
import { malformedInput, validationError } from '../../messages.ts'
import { describeForModel } from '../../shapes/describe-violation.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { readNumber, readObject, readObjects, readString, readStrings } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import { document, integer, list, oneOf, structure, text } from '../../shapes/shape.ts'
import type { UnaryFamily } from '../family.ts'
import { embedText } from './embed-text.ts'

const MAX_INPUTS = 96
const VERSION_4_DIMENSIONS = [256, 512, 1_024, 1_536]

const cohereRequest = structure(
  {
    texts: list(text, 1, MAX_INPUTS),
    images: list(text, 1, MAX_INPUTS),
    inputs: list(structure({ content: list(document, 1) }, ['content']), 1, MAX_INPUTS),
    input_type: oneOf('search_document', 'search_query', 'classification', 'clustering', 'image'),
    truncate: oneOf('NONE', 'START', 'END', 'LEFT', 'RIGHT'),
    embedding_types: list(oneOf('float', 'int8', 'uint8', 'binary', 'ubinary'), 1),
    output_dimension: integer(),
    max_tokens: integer(1),
  },
  ['input_type'],
)

export const cohereEmbedV3 = defineFamily(() => 1_024, [])

/** Answers by type also without `embedding_types`. Observed: a recording of Bedrock. */
export const cohereEmbedV4 = defineFamily(
  ({ output_dimension }) => {
    const dimensions = readNumber(output_dimension) ?? 1_536
    if (VERSION_4_DIMENSIONS.includes(dimensions)) return dimensions
    const allowed = VERSION_4_DIMENSIONS.join(', ')
    throw validationError(malformedInput(`#/output_dimension: ${dimensions} is not one of ${allowed}`))
  },
  ['float'],
)

/** @param defaultTypes types of an answer to a request without `embedding_types`; none: vectors without types */
function defineFamily(chooseDimensions: (body: JsonObject) => number, defaultTypes: readonly string[]): UnaryFamily {
  return {
    kind: 'unary',
    invoke(body) {
      requireShape(body, cohereRequest, describeForModel)
      const dimensions = chooseDimensions(body)
      const inputs = readInputs(body)
      if (inputs.length === 0) throw validationError(malformedInput('#: required key [texts] or [images] not found'))
      const vectors = inputs.map((input) => embedText(input, dimensions))
      const inputTokens = inputs.reduce((total, input) => total + countTextTokens(input), 0)
      const types = body.embedding_types === undefined ? defaultTypes : readStrings(body.embedding_types)
      return { body: render(body, inputs, vectors, types), inputTokens }
    },
  }
}

/** Reads the texts. An image is one word, the hash of its data. */
function readInputs(body: JsonObject): string[] {
  const mixed = readObjects(body.inputs).map(({ content }) =>
    readObjects(content)
      .map((part) => readString(part.text) ?? nameImage(readString(readObject(part.image_url)?.url) ?? ''))
      .join(' '),
  )
  return [...readStrings(body.texts), ...readStrings(body.images).map(nameImage), ...mixed]
}

function nameImage(data: string): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 40)
}

function render(
  body: JsonObject,
  inputs: readonly string[],
  vectors: readonly number[][],
  types: readonly string[],
): JsonObject {
  const id = createHash('sha256').update(inputs.join('\n')).digest('hex').slice(0, 36)
  const common = { id, ...(body.texts !== undefined && { texts: readStrings(body.texts) }) }
  if (types.length === 0) return { ...common, response_type: 'embeddings_floats', embeddings: vectors }
  const embeddings = Object.fromEntries(
    types.map((type) => [type, vectors.map((vector) => ENCODERS[type]?.(vector) ?? [])]),
  )
  return { ...common, response_type: 'embeddings_by_type', embeddings }
}

const ENCODERS: Readonly<Record<string, (vector: readonly number[]) => number[]>> = {
  float: (vector) => [...vector],
  int8: (vector) => vector.map((value) => Math.max(-128, Math.min(127, Math.round(value * 127)))),
  uint8: (vector) => vector.map((value) => Math.max(0, Math.min(255, Math.round(value * 127) + 128))),
  // Cohere shifts the bytes of a signed bit vector by 128.
  binary: (vector) => packBits(vector).map((byte) => byte - 128),
  ubinary: packBits,
}

/** Packs eight signs into a byte, the first one highest. */
function packBits(vector: readonly number[]): number[] {
  return Array.from({ length: vector.length / 8 }, (_, index) =>
    vector.slice(index * 8, index * 8 + 8).reduce((byte, value) => byte * 2 + (value > 0 ? 1 : 0), 0),
  )
}
