import { createHash } from 'node:crypto'
import type { PixelSize } from '../../conversation/media-format.ts'
import { removeDirectives } from '../../directives/find-directives.ts'
import { malformedInput, stabilityFields, validationError } from '../../messages.ts'
import { describeForModel } from '../../shapes/describe-violation.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { readNumber, readObject, readObjects, readString } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import { blob, integer, list, number, oneOf, type StringShape, structure, text } from '../../shapes/shape.ts'
import type { UnaryAnswer, UnaryFamily } from '../family.ts'
import { drawPrompt } from './draw-prompt.ts'
import { readImageSize } from './read-image-size.ts'

/**
 * Stability AI's image models. Sources: Amazon Bedrock User Guide, "Stability AI models", "Stability AI
 * Image Services" and "Diffusion 1.0 text to image".
 * The answer is a PNG also where the request asks for a JPEG or WebP.
 */
const MAX_SEED = 4_294_967_295

const prompt: StringShape = { type: 'string', maximum: 10_000 }

/** Sizes of about a megapixel, by aspect ratio. */
const SIZES = {
  '16:9': [1_344, 768],
  '1:1': [1_024, 1_024],
  '21:9': [1_536, 640],
  '2:3': [832, 1_216],
  '3:2': [1_216, 832],
  '4:5': [896, 1_088],
  '5:4': [1_088, 896],
  '9:16': [768, 1_344],
  '9:21': [640, 1_536],
} as const

type AspectRatio = keyof typeof SIZES

const request = structure(
  {
    prompt,
    negative_prompt: prompt,
    mode: oneOf('text-to-image', 'image-to-image'),
    image: blob,
    strength: number(0, 1),
    aspect_ratio: oneOf(...Object.keys(SIZES)),
    output_format: oneOf('jpeg', 'png', 'webp'),
    seed: integer(0, MAX_SEED),
  },
  ['prompt'],
)

const FIELDS = ['prompt', 'negative_prompt', 'mode', 'strength', 'seed', 'output_format', 'image', 'aspect_ratio']

export const stableDiffusion3 = defineFamily()
export const stableImageCore = defineFamily()
/** Refuses other fields. Observed of this model only. */
export const stableImageUltra = defineFamily(FIELDS)

function defineFamily(fields?: readonly string[]): UnaryFamily {
  return {
    kind: 'unary',
    invoke(body) {
      requireShape(body, request, describeForModel)
      if (fields && Object.keys(body).some((name) => !fields.includes(name))) {
        throw validationError(stabilityFields(fields))
      }
      const member = ['image', 'strength'].find((name) => body[name] === undefined)
      if (body.mode === 'image-to-image' && member !== undefined) {
        throw validationError(malformedInput(`#: required key [${member}] not found`))
      }
      const [width, height] = SIZES[(body.aspect_ratio ?? '1:1') as AspectRatio]
      return render(body, { width, height }, removeDirectives(readString(body.prompt) ?? ''))
    },
  }
}

const serviceRequest = structure({
  prompt,
  negative_prompt: prompt,
  image: blob,
  init_image: blob,
  style_image: blob,
  output_format: oneOf('jpeg', 'png', 'webp'),
  seed: integer(0, MAX_SEED),
})

/** Stability AI Image Services, which edit and upscale an image. The answer has the size of the image. */
export const stabilityService: UnaryFamily = {
  kind: 'unary',
  invoke(body) {
    requireShape(body, serviceRequest, describeForModel)
    const original = readString(body.image ?? body.init_image)
    if (original === undefined) throw validationError(malformedInput('#: required key [image] not found'))
    const [width, height] = SIZES['1:1']
    const shown = removeDirectives(readString(body.prompt) ?? '') || 'EDITED IMAGE'
    return render(body, readImageSize(original) ?? { width, height }, shown)
  },
}

function render(body: JsonObject, size: PixelSize, shown: string): UnaryAnswer {
  const seed = chooseSeed(body, shown)
  const drawn = drawPrompt({ ...size, text: shown, seed: String(seed) })
  return { body: { seeds: [seed], finish_reasons: [null], images: [drawn] } }
}

/** Returns the seed. 0 and a missing one mean any: here the one of the prompt, so that answers repeat. */
function chooseSeed({ seed }: JsonObject, shown: string): number {
  return readNumber(seed) || createHash('sha256').update(shown).digest().readUInt32BE(0)
}

const XL_SIZES = new Set([
  ...['1024x1024', '1152x896', '1216x832', '1344x768', '1536x640'],
  ...['640x1536', '768x1344', '832x1216', '896x1152'],
])

const xlRequest = structure(
  {
    text_prompts: list(structure({ text: { type: 'string', maximum: 2_000 }, weight: number() }, ['text']), 1),
    width: integer(),
    height: integer(),
    cfg_scale: number(0, 35),
    clip_guidance_preset: oneOf('FAST_BLUE', 'FAST_GREEN', 'NONE', 'SIMPLE', 'SLOW', 'SLOWER', 'SLOWEST'),
    sampler: text,
    samples: integer(1, 1),
    seed: integer(0, MAX_SEED),
    steps: integer(10, 150),
    style_preset: text,
    extras: structure({}),
    init_image: blob,
    mask_image: blob,
    image_strength: number(0, 1),
  },
  ['text_prompts'],
)

/** The older body of Stable Diffusion XL: weighted prompts, artifacts in the answer. */
export const stableDiffusionXl: UnaryFamily = {
  kind: 'unary',
  invoke(body) {
    requireShape(body, xlRequest, describeForModel)
    const width = readNumber(body.width) ?? 1_024
    const height = readNumber(body.height) ?? 1_024
    if (!XL_SIZES.has(`${width}x${height}`)) {
      const fact = `${width}x${height} is not one of ${[...XL_SIZES].join(', ')}`
      throw validationError(malformedInput(`#: the size ${fact}`))
    }
    const shown = readPrompts(body)
    const seed = chooseSeed(body, shown)
    const base64 = drawPrompt({ width, height, text: shown, seed: String(seed) })
    return { body: { result: 'success', artifacts: [{ seed, base64, finishReason: 'SUCCESS' }] } }
  },
}

/** Reads the prompts without those of a negative weight. */
function readPrompts(body: JsonObject): string {
  const prompts = readObjects(body.text_prompts).map(readObject)
  const wanted = prompts.filter((one) => (readNumber(one?.weight) ?? 1) >= 0)
  return removeDirectives(wanted.map((one) => readString(one?.text) ?? '').join(' '))
}
