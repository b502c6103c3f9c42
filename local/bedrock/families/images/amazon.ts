import type { PixelSize } from '../../conversation/media-format.ts'
import { removeDirectives } from '../../directives/find-directives.ts'
import { malformedInput, validationError } from '../../messages.ts'
import { describeForModel } from '../../shapes/describe-violation.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { readNumber, readObject, readString, readStrings } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import {
  blob,
  boolean,
  integer,
  list,
  type Members,
  number,
  oneOf,
  type StringShape,
  type StructureShape,
  structure,
} from '../../shapes/shape.ts'
import type { UnaryFamily } from '../family.ts'
import { drawPrompt } from './draw-prompt.ts'
import { readImageSize } from './read-image-size.ts'

/**
 * Amazon's image models. Sources: Amazon Bedrock User Guide, "Amazon Titan Image Generator G1 models"; Amazon Nova User
 * Guide, "Image generation and editing" and "Request and response structure for image generation".
 */
interface ImageModel {
  /** Most characters of a prompt. */
  readonly maxText: number
  readonly tasks: readonly Task[]
  readonly size: PixelSize
  isSize(size: PixelSize): boolean
  /** Words for the sizes that {@link isSize} accepts. */
  readonly sizes: string
}

/** Member with the parameters of each task. */
const PARAMETERS = {
  TEXT_IMAGE: 'textToImageParams',
  INPAINTING: 'inPaintingParams',
  OUTPAINTING: 'outPaintingParams',
  IMAGE_VARIATION: 'imageVariationParams',
  COLOR_GUIDED_GENERATION: 'colorGuidedGenerationParams',
  BACKGROUND_REMOVAL: 'backgroundRemovalParams',
  VIRTUAL_TRY_ON: 'virtualTryOnParams',
} as const

type Task = keyof typeof PARAMETERS

const ON_OFF = oneOf('ON', 'OFF', 'DEFAULT')

/** Tasks that change an image, and the member with that image. The result has its size. */
const EDITED: Readonly<Partial<Record<Task, string>>> = {
  INPAINTING: 'image',
  OUTPAINTING: 'image',
  BACKGROUND_REMOVAL: 'image',
  VIRTUAL_TRY_ON: 'sourceImage',
}

function describeTasks(maximum: number): Readonly<Record<Task, StructureShape>> {
  const prompt: StringShape = { type: 'string', minimum: 1, maximum }
  const prompts: Members = { text: prompt, negativeText: prompt }
  const masks: Members = { ...prompts, image: blob, maskPrompt: prompt, maskImage: blob, returnMask: boolean }
  return {
    TEXT_IMAGE: structure(
      {
        ...prompts,
        conditionImage: blob,
        controlMode: oneOf('CANNY_EDGE', 'SEGMENTATION'),
        controlStrength: number(0, 1),
        style: oneOf(
          ...['3D_ANIMATED_FAMILY_FILM', 'DESIGN_SKETCH', 'FLAT_VECTOR_ILLUSTRATION', 'GRAPHIC_NOVEL_ILLUSTRATION'],
          ...['MAXIMALISM', 'MIDCENTURY_RETRO', 'PHOTOREALISM', 'SOFT_DIGITAL_PAINTING'],
        ),
      },
      ['text'],
    ),
    INPAINTING: structure(masks, ['image']),
    OUTPAINTING: structure({ ...masks, outPaintingMode: oneOf('DEFAULT', 'PRECISE') }, ['image', 'text']),
    IMAGE_VARIATION: structure({ ...prompts, images: list(blob, 1, 5), similarityStrength: number(0.2, 1) }, [
      'images',
    ]),
    COLOR_GUIDED_GENERATION: structure(
      {
        ...prompts,
        colors: list({ type: 'string', pattern: /^#[0-9a-fA-F]{6}$/ }, 1, 10),
        referenceImage: blob,
      },
      ['text', 'colors'],
    ),
    BACKGROUND_REMOVAL: structure({ image: blob }, ['image']),
    VIRTUAL_TRY_ON: structure(
      {
        sourceImage: blob,
        referenceImage: blob,
        maskType: oneOf('IMAGE', 'GARMENT', 'PROMPT'),
        imageBasedMask: structure({ maskImage: blob }, ['maskImage']),
        promptBasedMask: structure({ maskPrompt: prompt }, ['maskPrompt']),
        maskExclusions: structure({ preserveBodyPose: ON_OFF, preserveHands: ON_OFF, preserveFace: ON_OFF }),
        mergeStyle: oneOf('BALANCED', 'SEAMLESS', 'DETAILED'),
        returnMask: boolean,
      },
      ['sourceImage', 'referenceImage', 'maskType'],
    ),
  }
}

const generationConfig = structure({
  width: integer(),
  height: integer(),
  numberOfImages: integer(1, 5),
  quality: oneOf('standard', 'premium'),
  cfgScale: number(1.1, 10),
  seed: integer(0, 2_147_483_646),
})

const TITAN_SIZES = new Set([
  ...['1024x1024', '768x768', '512x512', '768x1152', '384x576', '1152x768', '576x384', '768x1280', '384x640'],
  ...['1280x768', '640x384', '896x1152', '448x576', '1152x896', '576x448', '768x1408', '384x704', '1408x768'],
  ...['704x384', '640x1408', '320x704', '1408x640', '704x320', '1152x640', '1173x640'],
])

const titanSizes = {
  maxText: 512,
  size: { width: 1_024, height: 1_024 },
  isSize: ({ width, height }: PixelSize) => TITAN_SIZES.has(`${width}x${height}`),
  sizes: [...TITAN_SIZES].join(', '),
}

export const titanImage1 = defineFamily({
  ...titanSizes,
  tasks: ['TEXT_IMAGE', 'INPAINTING', 'OUTPAINTING', 'IMAGE_VARIATION'],
})

export const titanImage2 = defineFamily({
  ...titanSizes,
  tasks: [
    ...(['TEXT_IMAGE', 'INPAINTING', 'OUTPAINTING', 'IMAGE_VARIATION'] as const),
    ...(['COLOR_GUIDED_GENERATION', 'BACKGROUND_REMOVAL'] as const),
  ],
})

const CANVAS_SIDE = { minimum: 320, maximum: 4_096, step: 16, ratio: 4, pixels: 4_194_304 }

export const novaCanvas = defineFamily({
  maxText: 1_024,
  tasks: Object.keys(PARAMETERS) as Task[],
  size: { width: 1_024, height: 1_024 },
  isSize: ({ width, height }) =>
    [width, height].every(
      (side) => side >= CANVAS_SIDE.minimum && side <= CANVAS_SIDE.maximum && side % CANVAS_SIDE.step === 0,
    ) &&
    Math.max(width, height) <= CANVAS_SIDE.ratio * Math.min(width, height) &&
    width * height <= CANVAS_SIDE.pixels,
  sizes: 'sides of 320 to 4096 pixels, divisible by 16, at most 1:4, and 4194304 pixels in all',
})

function defineFamily(model: ImageModel): UnaryFamily {
  const tasks = describeTasks(model.maxText)
  const request = structure({ taskType: oneOf(...model.tasks), imageGenerationConfig: generationConfig }, ['taskType'])
  return {
    kind: 'unary',
    invoke(body) {
      requireShape(body, request, describeForModel)
      const task = body.taskType as Task
      const member = PARAMETERS[task]
      requireShape(body, structure({ [member]: tasks[task] }, [member]), describeForModel)
      const parameters = readObject(body[member]) ?? {}
      requireMask(parameters, task, member)
      const config = readObject(body.imageGenerationConfig) ?? {}
      const size = chooseSize(model, config, readString(parameters[EDITED[task] ?? '']))
      return { body: render(task, parameters, config, size) }
    },
  }
}

/** Inpainting and outpainting need one of two masks. */
function requireMask({ maskPrompt, maskImage }: JsonObject, task: Task, member: string): void {
  if (task !== 'INPAINTING' && task !== 'OUTPAINTING') return
  const found = Object.entries({ maskPrompt, maskImage }).flatMap(([name, value]) => (value ? [name] : []))
  if (found.length === 1) return
  const fact = `exactly one of [maskPrompt, maskImage] must be set, found: [${found.join(', ')}]`
  throw validationError(malformedInput(`#/${member}: ${fact}`))
}

/** Returns the size of the edited image, or else the requested one. */
function chooseSize(model: ImageModel, config: JsonObject, edited: string | undefined): PixelSize {
  const original = edited === undefined ? undefined : readImageSize(edited)
  if (original) return original
  const size = {
    width: readNumber(config.width) ?? model.size.width,
    height: readNumber(config.height) ?? model.size.height,
  }
  if (model.isSize(size)) return size
  const fact = `${size.width}x${size.height} is not a supported size: ${model.sizes}`
  throw validationError(malformedInput(`#/imageGenerationConfig: ${fact}`))
}

const DEFAULT_SEED = 42

function render(task: Task, parameters: JsonObject, config: JsonObject, size: PixelSize): JsonObject {
  const isTransparent = task === 'BACKGROUND_REMOVAL'
  const colors = readStrings(parameters.colors).join(' ')
  const text = removeDirectives(readString(parameters.text) ?? '') || task.replaceAll('_', ' ')
  const seed = readNumber(config.seed) ?? DEFAULT_SEED
  const draw = (index: number) =>
    drawPrompt({ ...size, text: `${text} ${colors}`.trim(), seed: `${seed} ${index}`, isTransparent })
  const images = Array.from({ length: readNumber(config.numberOfImages) ?? 1 }, (_, index) => draw(index))
  return {
    images,
    ...(parameters.returnMask === true && { maskImage: drawPrompt({ ...size, text: 'MASK', seed: 'mask' }) }),
    error: null,
  }
}
