import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, type WrittenMember, writeArray, writeObject } from '../../json/write-json.ts'
import { baseModelId } from '../../models/model-rules.ts'
import { findTraits } from '../../models/rows.ts'
import { invalidRequest } from '../openai/errors.ts'

/** Parameters of a request, as JSON text. */
export interface EmbeddingParameters {
  readonly dimensions: JsonValue | undefined
  /** Use of the vectors, one of {@link INPUT_TYPES}. */
  readonly inputType: InputType
}

/** Uses of vectors, by Cohere's names. */
export const INPUT_TYPES = ['search_document', 'search_query', 'classification', 'clustering'] as const
export type InputType = (typeof INPUT_TYPES)[number]

/** Native body of an embedding model. */
export interface EmbeddingBody {
  /** Most texts of a call. */
  readonly maxTexts: number
  /** Number of values of a vector, if a request cannot choose it. */
  readonly dimensions?: number
  write(texts: readonly JsonText[], parameters: EmbeddingParameters): JsonText
  /** Reads the vectors of an answer, in the order of the texts. */
  readVectors(answer: JsonValue): JsonValue[]
}

const NOVA_PURPOSES: Readonly<Record<InputType, string>> = {
  search_document: 'GENERIC_INDEX',
  search_query: 'GENERIC_RETRIEVAL',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
}

const readOne = (answer: JsonValue): JsonValue[] => withoutGaps([answer.get('embedding')])

const withoutGaps = (values: readonly (JsonValue | undefined)[]): JsonValue[] =>
  values.filter((value) => value !== undefined)

/**
 * Bodies by their names in the table of models.
 * Sources: Amazon Bedrock User Guide, Titan Text Embeddings, Titan Multimodal Embeddings G1, Cohere Embed; Amazon Nova User
 * Guide, embeddings request and response schema.
 */
const BODIES: Readonly<Record<string, EmbeddingBody>> = {
  'Titan Embeddings 1': {
    maxTexts: 1,
    dimensions: 1_536,
    write: ([text = '""']) => writeObject([['inputText', text]]),
    readVectors: readOne,
  },
  'Titan Embeddings 2': {
    maxTexts: 1,
    write: ([text = '""'], { dimensions }) => writeObject([['inputText', text], member('dimensions', dimensions)]),
    readVectors: readOne,
  },
  'Titan Multimodal Embeddings': {
    maxTexts: 1,
    write: ([text = '""'], { dimensions }) =>
      writeObject([
        ['inputText', text],
        dimensions && ['embeddingConfig', writeObject([member('outputEmbeddingLength', dimensions)])],
      ]),
    readVectors: readOne,
  },
  'Cohere Embed 3': {
    maxTexts: 96,
    dimensions: 1_024,
    write: (texts, { inputType }) =>
      writeObject([
        ['texts', writeArray(texts)],
        ['input_type', `"${inputType}"`],
      ]),
    readVectors: (answer) => answer.get('embeddings')?.items ?? [],
  },
  'Cohere Embed 4': {
    maxTexts: 96,
    write: (texts, { inputType, dimensions }) =>
      writeObject([
        ['texts', writeArray(texts)],
        ['input_type', `"${inputType}"`],
        ['embedding_types', '["float"]'],
        member('output_dimension', dimensions),
      ]),
    readVectors: (answer) => answer.get('embeddings')?.get('float')?.items ?? [],
  },
  'Nova Multimodal Embeddings': {
    maxTexts: 1,
    write: ([text = '""'], { inputType, dimensions }) => {
      const parameters = writeObject([
        ['embeddingPurpose', `"${NOVA_PURPOSES[inputType]}"`],
        member('embeddingDimension', dimensions),
        // OpenAI refuses a text that is too long, and so does NONE.
        [
          'text',
          writeObject([
            ['truncationMode', '"NONE"'],
            ['value', text],
          ]),
        ],
      ])
      return writeObject([
        ['schemaVersion', '"nova-multimodal-embed-v1"'],
        ['taskType', '"SINGLE_EMBEDDING"'],
        ['singleEmbeddingParams', parameters],
      ])
    },
    readVectors: (answer) => withoutGaps([answer.get('embeddings')?.items[0]?.get('embedding')]),
  },
}

function member(name: string, value: JsonValue | undefined): WrittenMember {
  return value && [name, value.bytes]
}

/** @throws BedrockError ValidationException for a model without embeddings of texts */
export function findEmbeddingBody(modelId: string): EmbeddingBody {
  const baseId = baseModelId(modelId)
  const name = baseId === undefined ? undefined : findTraits(baseId).nativeBody
  const body = name === undefined || !Object.hasOwn(BODIES, name) ? undefined : BODIES[name]
  if (body) return body
  throw invalidRequest('model', `${modelId} is not known as a model for embeddings of texts.`, 'unsupported_value')
}
