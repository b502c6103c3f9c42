import { crc32, inflateSync } from 'node:zlib'
import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { PNG, post, useEmulator } from './support.ts'

const emulator = useEmulator()

async function invoke(modelId: string, body: unknown): Promise<ReturnType<typeof JSON.parse>> {
  const reply = await emulator.client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }))
  return JSON.parse(reply.body.transformToString())
}

/** Decodes a PNG of one bit per pixel and checks its checksums. */
function decodePng(base64: string) {
  const bytes = Buffer.from(base64, 'base64')
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))
  const chunks = new Map<string, Buffer>()
  for (let offset = 8; offset < bytes.length; ) {
    const length = bytes.readUInt32BE(offset)
    const content = bytes.subarray(offset + 4, offset + 8 + length)
    expect(bytes.readUInt32BE(offset + 8 + length)).toBe(crc32(content))
    chunks.set(content.toString('latin1', 0, 4), content.subarray(4))
    offset += 12 + length
  }
  const header = chunks.get('IHDR') ?? Buffer.alloc(8)
  const width = header.readUInt32BE(0)
  const height = header.readUInt32BE(4)
  const rows = inflateSync(chunks.get('IDAT') ?? '')
  expect(rows).toHaveLength((1 + Math.ceil(width / 8)) * height)
  return {
    size: `${width}x${height}`,
    description: chunks.get('iTXt')?.toString().split('\0').at(-1),
    isTransparent: chunks.has('tRNS'),
    inked: rows.filter((byte) => byte !== 0).length,
  }
}

const CANVAS = 'amazon.nova-canvas-v1:0'
const TITAN_1 = 'amazon.titan-image-generator-v1'
const TITAN_2 = 'amazon.titan-image-generator-v2:0'
const SD3 = 'stability.sd3-5-large-v1:0'
const CORE = 'stability.stable-image-core-v1:1'
const ULTRA = 'us.stability.stable-image-ultra-v1:1'
const XL = 'stability.stable-diffusion-xl-v1'

/** A PNG of 640x480 pixels. */
const image = PNG.toString('base64')
const text = 'A cat'

describe('image models', () => {
  test.each<[string, string, object, string, string]>([
    ['Nova Canvas', CANVAS, { taskType: 'TEXT_IMAGE', textToImageParams: { text } }, '1024x1024', text],
    [
      'Nova Canvas with a size',
      CANVAS,
      { taskType: 'TEXT_IMAGE', textToImageParams: { text }, imageGenerationConfig: { width: 512, height: 320 } },
      '512x320',
      text,
    ],
    [
      'a condition image',
      CANVAS,
      {
        taskType: 'TEXT_IMAGE',
        textToImageParams: { text, conditionImage: image, controlMode: 'SEGMENTATION', style: 'PHOTOREALISM' },
      },
      '1024x1024',
      text,
    ],
    [
      'inpainting',
      CANVAS,
      { taskType: 'INPAINTING', inPaintingParams: { image, maskPrompt: 'cat', text } },
      '640x480',
      text,
    ],
    [
      'inpainting without a text',
      TITAN_1,
      { taskType: 'INPAINTING', inPaintingParams: { image, maskImage: image } },
      '640x480',
      'INPAINTING',
    ],
    [
      'outpainting',
      TITAN_1,
      { taskType: 'OUTPAINTING', outPaintingParams: { image, maskImage: image, text, outPaintingMode: 'PRECISE' } },
      '640x480',
      text,
    ],
    [
      'variations',
      TITAN_1,
      { taskType: 'IMAGE_VARIATION', imageVariationParams: { images: [image], text, similarityStrength: 0.2 } },
      '1024x1024',
      text,
    ],
    [
      'colours',
      TITAN_2,
      { taskType: 'COLOR_GUIDED_GENERATION', colorGuidedGenerationParams: { text, colors: ['#FF9800'] } },
      '1024x1024',
      'A cat #FF9800',
    ],
    [
      'the removal of a background',
      TITAN_2,
      { taskType: 'BACKGROUND_REMOVAL', backgroundRemovalParams: { image } },
      '640x480',
      'BACKGROUND REMOVAL',
    ],
    [
      'a virtual try-on',
      CANVAS,
      {
        taskType: 'VIRTUAL_TRY_ON',
        virtualTryOnParams: { sourceImage: image, referenceImage: image, maskType: 'GARMENT' },
      },
      '640x480',
      'VIRTUAL TRY ON',
    ],
    ['Stable Diffusion 3.5', SD3, { prompt: text, aspect_ratio: '21:9' }, '1536x640', text],
    ['an image to an image', SD3, { prompt: text, mode: 'image-to-image', image, strength: 0.5 }, '1024x1024', text],
    ['an image service', 'us.stability.stable-image-inpaint-v1:0', { prompt: text, image }, '640x480', text],
    ['a style transfer', 'us.stability.stable-style-transfer-v1:0', { init_image: image }, '640x480', 'EDITED IMAGE'],
    ['Stable Image Core', CORE, { prompt: text, output_format: 'jpeg', style_preset: 'anime' }, '1024x1024', text],
    ['Stable Image Ultra', ULTRA, { prompt: text, negative_prompt: 'dog', seed: 4_294_967_295 }, '1024x1024', text],
  ])('answer with a PNG that shows the prompt: %s', async (_name, modelId, body, size, description) => {
    const { images } = await invoke(modelId, body)

    expect(images).toHaveLength(1)
    expect(decodePng(images[0])).toMatchObject({ size, description })
    expect(decodePng(images[0]).inked).toBeGreaterThan(50)
  })

  test('answer with as many images as requested, each with another colour, again with the same seed', async () => {
    const body = {
      taskType: 'TEXT_IMAGE',
      textToImageParams: { text },
      imageGenerationConfig: { numberOfImages: 3, seed: 7, quality: 'premium', cfgScale: 1.1 },
    }
    const first = await invoke(TITAN_2, body)

    expect(first).toEqual({ images: expect.any(Array), error: null })
    expect(new Set(first.images).size).toBe(3)
    expect(await invoke(TITAN_2, body)).toEqual(first)
  })

  test('answer with a transparent background and with a mask', async () => {
    const removed = await invoke(CANVAS, { taskType: 'BACKGROUND_REMOVAL', backgroundRemovalParams: { image } })
    const masked = await invoke(TITAN_2, {
      taskType: 'INPAINTING',
      inPaintingParams: { image, maskPrompt: 'cat', returnMask: true },
    })

    expect(decodePng(removed.images[0]).isTransparent).toBe(true)
    expect(decodePng(masked.images[0]).isTransparent).toBe(false)
    expect(decodePng(masked.maskImage)).toMatchObject({ size: '640x480', description: 'MASK' })
  })

  test('of Stability answer with the seed and no reason of a filter', async () => {
    expect(await invoke(SD3, { prompt: text, seed: 5 })).toMatchObject({ seeds: [5], finish_reasons: [null] })
    const { seeds } = await invoke(SD3, { prompt: text, seed: 0 })
    expect(seeds[0]).toBeGreaterThan(0)
  })

  test('Stable Diffusion XL answers with artifacts', async () => {
    const prompts = [{ text }, { text: 'dog', weight: -1 }]
    const answer = await invoke(XL, {
      text_prompts: prompts,
      seed: 9,
      steps: 30,
      cfg_scale: 10,
      width: 1_152,
      height: 896,
    })

    expect(answer).toEqual({
      result: 'success',
      artifacts: [{ seed: 9, base64: expect.any(String), finishReason: 'SUCCESS' }],
    })
    expect(decodePng(answer.artifacts[0].base64)).toMatchObject({ size: '1152x896', description: text })
  })

  test('obey directives in the prompt, and do not show them', async () => {
    const { images } = await invoke(SD3, { prompt: 'A dog [emulator:for=claude][emulator:error=ThrottlingException]' })
    expect(decodePng(images[0]).description).toBe('A dog')
    const refused = await post(emulator.url, `/model/${CANVAS}/invoke`, {
      taskType: 'TEXT_IMAGE',
      textToImageParams: { text: '[emulator:error=ThrottlingException]' },
    })
    expect(refused.status).toBe(429)
  })
})

const config = (imageGenerationConfig: object) => ({
  taskType: 'TEXT_IMAGE',
  textToImageParams: { text },
  imageGenerationConfig,
})

test.each<[string, string, object, RegExp]>([
  ['no task', CANVAS, { textToImageParams: { text } }, /#: required key \[taskType\] not found/],
  ['an unknown task', CANVAS, { taskType: 'TEXT' }, /#\/taskType: TEXT is not a valid enum value/],
  [
    'a task of version 2 for version 1',
    TITAN_1,
    { taskType: 'BACKGROUND_REMOVAL', backgroundRemovalParams: { image } },
    /#\/taskType: BACKGROUND_REMOVAL is not a valid enum value/,
  ],
  ['no parameters', TITAN_2, { taskType: 'TEXT_IMAGE' }, /#: required key \[textToImageParams\] not found/],
  [
    'the parameters of another task',
    TITAN_2,
    { taskType: 'OUTPAINTING', textToImageParams: { text } },
    /required key \[outPaintingParams\] not found/,
  ],
  [
    'a prompt of 513 characters for Titan',
    TITAN_2,
    { taskType: 'TEXT_IMAGE', textToImageParams: { text: 'x'.repeat(513) } },
    /#\/textToImageParams\/text: expected maxLength: 512, actual: 513/,
  ],
  [
    'a prompt of 1,025 characters for Canvas',
    CANVAS,
    { taskType: 'TEXT_IMAGE', textToImageParams: { text: 'x'.repeat(1_025) } },
    /expected maxLength: 1024, actual: 1025/,
  ],
  ['six images', CANVAS, config({ numberOfImages: 6 }), /numberOfImages: 6 is not less or equal to 5/],
  ['a size that Titan does not have', TITAN_2, config({ width: 500, height: 512 }), /500x512 is not a supported size/],
  ['a side that 16 does not divide', CANVAS, config({ width: 328, height: 512 }), /328x512 is not a supported size/],
  ['sides of 1:5', CANVAS, config({ width: 320, height: 1_600 }), /320x1600 is not a supported size/],
  ['too many pixels', CANVAS, config({ width: 4_096, height: 2_048 }), /4096x2048 is not a supported size/],
  ['a quality that does not exist', CANVAS, config({ quality: 'best' }), /quality: best is not a valid enum value/],
  [
    'two masks',
    CANVAS,
    { taskType: 'INPAINTING', inPaintingParams: { image, maskPrompt: 'a', maskImage: image } },
    /exactly one of \[maskPrompt, maskImage\] must be set, found: \[maskPrompt, maskImage\]/,
  ],
  [
    'no mask',
    TITAN_1,
    { taskType: 'OUTPAINTING', outPaintingParams: { image, text } },
    /exactly one of \[maskPrompt, maskImage\] must be set, found: \[\]/,
  ],
  [
    'a colour that is not hexadecimal',
    CANVAS,
    { taskType: 'COLOR_GUIDED_GENERATION', colorGuidedGenerationParams: { text, colors: ['red'] } },
    /#\/colorGuidedGenerationParams\/colors\/0: string \[red\] does not match pattern/,
  ],
  ['no prompt of Stability', SD3, { text_prompts: [{ text }] }, /#: required key \[prompt\] not found/],
  [
    'an unknown field of Stability',
    ULTRA,
    { prompt: text, max_tokens: 10_000 },
    /^\{"detail":"Invalid field in request\. Available fields: \['prompt', 'negative_prompt', 'mode', 'strength', 'seed', 'output_format', 'image', 'aspect_ratio'\]"\}$/,
  ],
  ['no image', SD3, { prompt: text, mode: 'image-to-image', strength: 1 }, /required key \[image\] not found/],
  ['no strength', SD3, { prompt: text, mode: 'image-to-image', image }, /required key \[strength\] not found/],
  ['an aspect ratio', SD3, { prompt: text, aspect_ratio: '4:3' }, /#\/aspect_ratio: 4:3 is not a valid enum value/],
  ['no image for a service', 'stability.stable-fast-upscale-v1:0', {}, /required key \[image\] not found/],
  [
    'a data URL in place of base64',
    CANVAS,
    { taskType: 'BACKGROUND_REMOVAL', backgroundRemovalParams: { image: `data:image/png;base64,${image}` } },
    /#\/backgroundRemovalParams\/image: expected type: Base64, found: String/,
  ],
  [
    'an image of variations that is not base64',
    TITAN_1,
    { taskType: 'IMAGE_VARIATION', imageVariationParams: { images: [image, 'cat.png'] } },
    /#\/imageVariationParams\/images\/1: expected type: Base64/,
  ],
  [
    'an image of Stability that is not base64',
    SD3,
    { prompt: text, mode: 'image-to-image', image: 'cat.png', strength: 1 },
    /#\/image: expected type: Base64/,
  ],
  ['no prompts of XL', XL, { prompt: text }, /#: required key \[text_prompts\] not found/],
  ['a size of XL', XL, { text_prompts: [{ text }], width: 512, height: 512 }, /512x512 is not one of 1024x1024/],
])('image models refuse a request as the schema of the model does: %s', async (_name, modelId, body, message) => {
  const reply = await post(emulator.url, `/model/${modelId}/invoke`, body)

  expect(reply.body).toEqual({ message: expect.stringMatching(message) })
  expect(reply.status).toBe(400)
  expect(reply.headers.get('x-amzn-errortype')).toBe('ValidationException')
})

test('image models have no stream and no Converse', async () => {
  const body = { taskType: 'TEXT_IMAGE', textToImageParams: { text } }
  const stream = await post(emulator.url, `/model/${CANVAS}/invoke-with-response-stream`, body)
  const converse = await post(emulator.url, `/model/${CANVAS}/converse`, { messages: [] })

  expect(stream.body.message).toBe('The model is unsupported for streaming.')
  expect(converse.body.message).toMatch(/^This action doesn't support the model that you provided\./)
})
