import { removeDirectives } from '../../directives/find-directives.ts'
import { embedText } from '../../families/embeddings/embed-text.ts'
import type { UnaryFamily } from '../../families/family.ts'
import { malformedInput, validationError } from '../../messages.ts'
import { describeForModel } from '../../shapes/describe-violation.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { readList, readNumber, readObject, readString, readStrings } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import {
  blob,
  either,
  list,
  type Members,
  number,
  oneOf,
  type Shape,
  type StructureShape,
  structure,
  text,
  union,
} from '../../shapes/shape.ts'
import { type AsyncFamily, jsonFile } from './async-family.ts'
import { s3Location } from './media-shapes.ts'
import { splitTime } from './split-time.ts'

/** Source: Amazon Bedrock User Guide, "TwelveLabs Marengo Embed 2.7" and "3.0"; the file's name is recalled. */
const OUTPUT_FILE = 'output.json'
const DIMENSIONS_2_7 = 1_024
const DIMENSIONS_3_0 = 512

/** Default seconds of a clip. Both 2.7 and 3.0 cut at shots, about 6 seconds long. */
const CLIP_SECONDS = 6

const source = union({ base64String: blob, s3Location })

/** A list, or the single value of the guide's examples. */
function oneOrMore(...values: string[]): Shape {
  return either(list(oneOf(...values), 1), oneOf(...values))
}

const INPUT_TYPES_2_7 = ['text', 'image', 'audio', 'video']

const request27 = structure(
  {
    inputType: oneOf(...INPUT_TYPES_2_7),
    inputText: text,
    mediaSource: source,
    textTruncate: oneOf('end', 'none'),
    startSec: number(0),
    lengthSec: number(0),
    useFixedLengthSec: number(2, 10),
    embeddingOption: oneOrMore('visual-text', 'visual-image', 'audio'),
  },
  ['inputType'],
)

/** Required members by `inputType`. */
const REQUIRED_2_7: Readonly<Record<string, string>> = { text: 'inputText' }

const media: Members = { mediaSource: source }

const clips: Members = {
  ...media,
  startSec: number(0),
  endSec: number(0),
  segmentation: structure(
    {
      method: oneOf('dynamic', 'fixed'),
      dynamic: structure({ minDurationSec: number(1, 5) }),
      fixed: structure({ durationSec: number(1, 10) }),
    },
    ['method'],
  ),
  embeddingType: oneOrMore('separate_embedding', 'fused_embedding'),
  embeddingScope: oneOrMore('clip', 'asset'),
}

const INPUTS_3_0: Readonly<Record<string, StructureShape>> = {
  text: structure({ inputText: text }, ['inputText']),
  image: structure(media, ['mediaSource']),
  text_image: structure({ inputText: text, ...media }, ['inputText', 'mediaSource']),
  audio: structure({ ...clips, embeddingOption: oneOrMore('audio', 'transcription') }, ['mediaSource']),
  video: structure({ ...clips, embeddingOption: oneOrMore('visual', 'audio', 'transcription') }, ['mediaSource']),
  multi_input: structure({ inputText: text, mediaSources: list(structure({ s3Location, base64String: text }), 1) }, [
    'mediaSources',
  ]),
}

const request30 = structure({ inputType: oneOf(...Object.keys(INPUTS_3_0)), ...INPUTS_3_0 }, ['inputType'])

/** A version of Marengo. */
interface Marengo {
  check(input: JsonObject): void
  embed(input: JsonObject): readonly JsonObject[]
  /** Inputs of InvokeModel. StartAsyncInvoke accepts all. */
  readonly synchronousInputs: readonly string[]
}

/** Flat inputs, 1,024 numbers. */
const version27: Marengo = {
  check(input) {
    requireShape(input, request27, describeForModel)
    const type = readString(input.inputType) ?? ''
    requireMember(input, REQUIRED_2_7[type] ?? 'mediaSource')
  },
  embed(input) {
    const type = readString(input.inputType) ?? ''
    const start = readNumber(input.startSec)
    const length = readNumber(input.lengthSec)
    return renderData(input, {
      dimensions: DIMENSIONS_2_7,
      options: chooseOptions(input, { video: ['visual-text', 'visual-image', 'audio'], audio: ['audio'] }[type]),
      clipSeconds: readNumber(input.useFixedLengthSec),
      start,
      end: length === undefined ? undefined : (start ?? 0) + length,
      scopes: [],
    })
  },
  synchronousInputs: ['text', 'image'],
}

/** Inputs in the member named by `inputType`, 512 numbers. */
const version30: Marengo = {
  check(input) {
    requireShape(input, request30, describeForModel)
    requireMember(input, readString(input.inputType) ?? '')
  },
  embed(input) {
    const type = readString(input.inputType) ?? ''
    const inner = readObject(input[type]) ?? {}
    const scopes = readOneOrMore(inner.embeddingScope)
    const isFused = readOneOrMore(inner.embeddingType).includes('fused_embedding')
    const options = chooseOptions(
      inner,
      { video: ['visual', 'audio', 'transcription'], audio: ['audio', 'transcription'] }[type],
    )
    return renderData(inner, {
      dimensions: DIMENSIONS_3_0,
      options: isFused ? [...options, 'fused'] : options,
      clipSeconds: readNumber(readObject(readObject(inner.segmentation)?.fixed)?.durationSec),
      start: readNumber(inner.startSec),
      end: readNumber(inner.endSec),
      scopes: scopes.length > 0 ? scopes : ['clip'],
    })
  },
  synchronousInputs: ['text', 'image', 'text_image', 'multi_input'],
}

export const marengo27 = defineAsync(version27)
export const marengo30 = defineAsync(version30)
export const marengo27Embeddings = defineUnary(version27)
export const marengo30Embeddings = defineUnary(version30)

function defineAsync({ check, embed }: Marengo): AsyncFamily {
  return { check, render: (input) => [jsonFile(OUTPUT_FILE, { data: embed(input) })] }
}

/** InvokeModel answers the content of the file. */
function defineUnary({ check, embed, synchronousInputs }: Marengo): UnaryFamily {
  return {
    kind: 'unary',
    invoke(body) {
      requireShape(body, structure({ inputType: oneOf(...synchronousInputs) }, ['inputType']), describeForModel)
      check(body)
      return { body: { data: embed(body) } }
    },
  }
}

function requireMember(input: JsonObject, member: string): void {
  if (input[member] === undefined || input[member] === null) {
    throw validationError(malformedInput(`#: required key [${member}] not found`))
  }
}

/** Selects the requested options that the input type has; none for text and images. */
function chooseOptions({ embeddingOption }: JsonObject, available: readonly string[] = []): readonly string[] {
  const asked = readOneOrMore(embeddingOption)
  return asked.length === 0 ? available : available.filter((option) => asked.includes(option))
}

function readOneOrMore(value: JsonObject[string] | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : readStrings(value)
}

interface EmbeddingPlan {
  readonly dimensions: number
  /** Options with one embedding per clip; empty for inputs without clips. */
  readonly options: readonly string[]
  readonly clipSeconds: number | undefined
  readonly start: number | undefined
  readonly end: number | undefined
  /** Empty for models without scopes. */
  readonly scopes: readonly string[]
}

function renderData(input: JsonObject, plan: EmbeddingPlan): readonly JsonObject[] {
  const { dimensions, options, clipSeconds = CLIP_SECONDS, start, end, scopes } = plan
  const content = describeContent(input)
  if (options.length === 0) return [{ embedding: embedText(content, dimensions) }]
  const segments = splitTime(clipSeconds, start, end)
  const whole = { start: segments[0]?.start ?? 0, end: segments.at(-1)?.end ?? 0 }
  const embed = (option: string, segment: typeof whole, scope: string | undefined): JsonObject => ({
    embedding: embedText(`${content} ${option} ${segment.start} ${segment.end}`, dimensions),
    embeddingOption: option,
    ...(scope !== undefined && { embeddingScope: scope }),
    startSec: segment.start,
    endSec: segment.end,
  })
  if (scopes.length === 0) return segments.flatMap((clip) => options.map((option) => embed(option, clip, undefined)))
  return scopes.flatMap((scope) =>
    (scope === 'asset' ? [whole] : segments).flatMap((clip) => options.map((option) => embed(option, clip, scope))),
  )
}

/** Content that a vector depends on: the text, and the names or hashes of the media. */
function describeContent({ inputText, mediaSource, mediaSources }: JsonObject): string {
  const sources = [mediaSource ?? null, ...readList(mediaSources)].map(readObject)
  const named = sources.map(
    (one) => readString(one?.base64String) ?? readString(readObject(one?.s3Location)?.uri) ?? '',
  )
  return [removeDirectives(readString(inputText) ?? ''), ...named].join(' ').trim()
}
