import { countTextTokens } from '../../conversation/count-tokens.ts'
import { removeDirectives } from '../../directives/find-directives.ts'
import { embedText } from '../../families/embeddings/embed-text.ts'
import type { UnaryFamily } from '../../families/family.ts'
import { malformedInput, validationError } from '../../messages.ts'
import { describeForModel } from '../../shapes/describe-violation.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { readNumber, readObject, readString } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import { integer, oneOf, structure, text } from '../../shapes/shape.ts'
import { formatS3Uri, joinKey } from '../s3-location.ts'
import { type AsyncFamily, jsonFile, jsonLinesFile } from './async-family.ts'
import { novaSource } from './media-shapes.ts'
import { splitTime } from './split-time.ts'

/** Source for all of this: Amazon Nova User Guide, "Complete embeddings request and response schema". */
const SUMMARY_FILE = 'segmented-embedding-result.json'

/** File names by embedding type. The combined name is from AWS's examples, the ending of an image's file from the guide. */
const EMBEDDING_FILES = {
  TEXT: 'embedding-text.jsonl',
  IMAGE: 'embedding-image.json',
  AUDIO: 'embedding-audio.jsonl',
  VIDEO: 'embedding-video.jsonl',
  AUDIO_VIDEO_COMBINED: 'embedding-audio-video.jsonl',
} as const

type EmbeddingType = keyof typeof EMBEDDING_FILES

const DIMENSIONS = [256, 384, 1_024, 3_072]
const DEFAULT_DIMENSION = 3_072
const DEFAULT_SEGMENT_SECONDS = 5
const DEFAULT_SEGMENT_CHARACTERS = 32_000

const MODALITIES = ['text', 'image', 'audio', 'video'] as const

const seconds = structure({ durationSeconds: integer(1, 30) })

const embeddingParams = structure(
  {
    embeddingPurpose: oneOf(
      ...['GENERIC_INDEX', 'GENERIC_RETRIEVAL', 'TEXT_RETRIEVAL', 'IMAGE_RETRIEVAL', 'VIDEO_RETRIEVAL'],
      ...['DOCUMENT_RETRIEVAL', 'AUDIO_RETRIEVAL', 'CLASSIFICATION', 'CLUSTERING'],
    ),
    embeddingDimension: integer(),
    text: structure({
      truncationMode: oneOf('START', 'END', 'NONE'),
      value: text,
      source: novaSource,
      segmentationConfig: structure({ maxLengthChars: integer(800, 50_000) }),
    }),
    image: structure({ format: text, source: novaSource }, ['format', 'source']),
    audio: structure({ format: text, source: novaSource, segmentationConfig: seconds }, ['format', 'source']),
    video: structure(
      {
        format: text,
        source: novaSource,
        embeddingMode: oneOf('AUDIO_VIDEO_COMBINED', 'AUDIO_VIDEO_SEPARATE'),
        segmentationConfig: seconds,
      },
      ['format', 'source', 'embeddingMode'],
    ),
  },
  ['embeddingPurpose'],
)

/** Member with the parameters of each task. */
const PARAMETERS = {
  SINGLE_EMBEDDING: 'singleEmbeddingParams',
  SEGMENTED_EMBEDDING: 'segmentedEmbeddingParams',
} as const

type Task = keyof typeof PARAMETERS

/** Checks a request of one task. */
function checkTask(input: JsonObject, task: Task): void {
  const member = PARAMETERS[task]
  const shape = structure(
    { schemaVersion: oneOf('nova-multimodal-embed-v1'), taskType: oneOf(task), [member]: embeddingParams },
    ['taskType', member],
  )
  requireShape(input, shape, describeForModel)
  const params = readObject(input[member]) ?? {}
  const given = MODALITIES.filter((name) => readObject(params[name]))
  if (given.length !== 1) {
    const fact = `exactly one of [${MODALITIES.join(', ')}] must be set, found: [${given.join(', ')}]`
    throw validationError(malformedInput(`#/${member}: ${fact}`))
  }
  const { value, source } = readObject(params.text) ?? { value: null, source: null }
  if (given[0] === 'text' && readString(value) === undefined && !readObject(source)) {
    throw validationError(malformedInput(`#/${member}/text: required key [value] or [source] not found`))
  }
  const dimension = readNumber(params.embeddingDimension)
  if (dimension !== undefined && !DIMENSIONS.includes(dimension)) {
    const fact = `${dimension} is not one of ${DIMENSIONS.join(', ')}`
    throw validationError(malformedInput(`#/${member}/embeddingDimension: ${fact}`))
  }
}

interface Content {
  readonly content: JsonObject
  readonly dimension: number
  readonly types: readonly EmbeddingType[]
}

function readContent(input: JsonObject, task: Task): Content {
  const params = readObject(input[PARAMETERS[task]]) ?? {}
  const modality = MODALITIES.find((name) => readObject(params[name])) ?? 'text'
  const content = readObject(params[modality]) ?? {}
  const dimension = readNumber(params.embeddingDimension) ?? DEFAULT_DIMENSION
  return { content, dimension, types: chooseTypes(modality, content) }
}

/** Amazon Nova Multimodal Embeddings: one file of vectors for each kind, and a summary that names them. */
export const novaEmbeddings: AsyncFamily = {
  check(input) {
    checkTask(input, 'SEGMENTED_EMBEDDING')
  },
  render(input, { folder }) {
    const { content, dimension, types } = readContent(input, 'SEGMENTED_EMBEDDING')
    const uri = readString(readObject(readObject(content.source)?.s3Location)?.uri)
    const summary = {
      ...(uri !== undefined && { sourceFileUri: uri }),
      embeddingDimension: dimension,
      embeddingResults: types.map((type) => ({
        embeddingType: type,
        status: 'SUCCESS',
        outputFileUri: formatS3Uri(joinKey(folder, EMBEDDING_FILES[type])),
      })),
    }
    const files = types.map((type) => jsonLinesFile(EMBEDDING_FILES[type], embedSegments(type, content, dimension)))
    return [...files, jsonFile(SUMMARY_FILE, summary)]
  },
}

/** The same by InvokeModel: one vector for each kind, of the first segment. */
export const novaSingleEmbeddings: UnaryFamily = {
  kind: 'unary',
  invoke(body) {
    checkTask(body, 'SINGLE_EMBEDDING')
    const { content, dimension, types } = readContent(body, 'SINGLE_EMBEDDING')
    const embeddings = types.map((type) => ({
      embeddingType: type,
      embedding: embedText(listSegments(type, content)[0]?.text ?? '', dimension),
    }))
    return { body: { embeddings }, inputTokens: countTextTokens(readString(content.value) ?? '') }
  },
}

function chooseTypes(modality: (typeof MODALITIES)[number], { embeddingMode }: JsonObject): readonly EmbeddingType[] {
  switch (modality) {
    case 'text':
      return ['TEXT']
    case 'image':
      return ['IMAGE']
    case 'audio':
      return ['AUDIO']
    case 'video':
      return embeddingMode === 'AUDIO_VIDEO_SEPARATE' ? ['AUDIO', 'VIDEO'] : ['AUDIO_VIDEO_COMBINED']
  }
}

function embedSegments(type: EmbeddingType, content: JsonObject, dimension: number): readonly JsonObject[] {
  return listSegments(type, content).map(({ text: segment, ...metadata }, segmentIndex) => ({
    embedding: embedText(segment, dimension),
    segmentMetadata: { segmentIndex, ...metadata },
    status: 'SUCCESS',
  }))
}

type SegmentText = { readonly text: string } & Readonly<Record<string, string | number>>

function listSegments(type: EmbeddingType, content: JsonObject): readonly SegmentText[] {
  const config = readObject(content.segmentationConfig)
  const source = readObject(content.source)
  const name = readString(source?.bytes) ?? readString(readObject(source?.s3Location)?.uri) ?? ''
  if (type === 'TEXT') {
    const value = removeDirectives(readString(content.value) ?? name)
    return splitText(value, readNumber(config?.maxLengthChars) ?? DEFAULT_SEGMENT_CHARACTERS)
  }
  if (type === 'IMAGE') return [{ text: name }]
  return splitTime(readNumber(config?.durationSeconds) ?? DEFAULT_SEGMENT_SECONDS).map(({ start, end }) => ({
    text: `${name} ${type} ${start} ${end}`,
    segmentStartSeconds: start,
    segmentEndSeconds: end,
  }))
}

/** Cuts into pieces of at most `length` characters, after a space where possible. */
function splitText(value: string, length: number): readonly SegmentText[] {
  const segments: SegmentText[] = []
  let start = 0
  do {
    const limit = start + length
    const space = limit < value.length ? value.lastIndexOf(' ', limit - 1) : -1
    const end = space > start ? space + 1 : Math.min(limit, value.length)
    segments.push({ text: value.slice(start, end), segmentStartCharPosition: start, segmentEndCharPosition: end })
    start = end
  } while (start < value.length)
  return segments
}
