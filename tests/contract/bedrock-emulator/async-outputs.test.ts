import { PutObjectCommand } from '@aws-sdk/client-s3'
import {
  type AsyncEmulator,
  BUCKET,
  idOf,
  MARENGO,
  type RunningS3,
  startAsyncEmulator,
  startS3,
  textInput,
} from './async-support.ts'
import { CLAUDE, post, userMessage } from './support.ts'

const NOVA_EMBEDDINGS = 'amazon.nova-2-multimodal-embeddings-v1:0'
const VIDEO = `s3://${BUCKET}/in/dog.mp4`

let s3: RunningS3
let emulator: AsyncEmulator

beforeAll(async () => {
  s3 = await startS3()
  emulator = await startAsyncEmulator({ s3Endpoint: s3.url })
  await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'in/dog.mp4', Body: 'video' }))
})
afterAll(async () => {
  await emulator.close()
  await s3.close()
})

type Input = NonNullable<Parameters<AsyncEmulator['start']>[0]>

/** Runs an invocation to its end. Returns its answer, and its files by name. */
async function run(modelId: string, modelInput: Input['modelInput']) {
  const outputDataConfig = { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/out` } }
  const invocationArn = await emulator.start({ modelId, modelInput, outputDataConfig } as Input)
  emulator.clock.advance(3_000)
  const answer = await emulator.ended(invocationArn)
  const prefix = `out/${idOf(invocationArn)}/`
  const files = new Map<string, string>()
  for (const key of await s3.list(prefix)) files.set(key.slice(prefix.length), await s3.read(key))
  return { answer, prefix, files, json: (name: string) => JSON.parse(files.get(name) ?? '') }
}

function s3Source(uri = VIDEO) {
  return { s3Location: { uri, bucketOwner: '123456789012' } }
}

describe('Marengo', () => {
  test('embeds a text with 3.0 as one vector of 512 numbers, equal for equal texts', async () => {
    const first = await run(MARENGO, textInput('a dog'))
    const second = await run(MARENGO, textInput('a dog [emulator:lasts=1]'))

    expect([...first.files.keys()]).toEqual(['manifest.json', 'output.json'])
    expect(first.json('manifest.json')).toEqual({ files: ['output.json'] })
    const { data } = first.json('output.json')
    expect(data).toEqual([{ embedding: expect.any(Array) }])
    expect(data[0].embedding).toHaveLength(512)
    expect(second.json('output.json')).toEqual({ data })
  })

  test('embeds the clips of a video for each option with 3.0', async () => {
    const { json } = await run(MARENGO, {
      inputType: 'video',
      video: {
        mediaSource: s3Source(),
        startSec: 2,
        endSec: 13,
        segmentation: { method: 'fixed', fixed: { durationSec: 5 } },
        embeddingOption: ['visual', 'audio'],
        embeddingScope: ['clip', 'asset'],
      },
    })

    expect(
      json('output.json').data.map((one: Record<string, unknown>) => [
        one.embeddingScope,
        one.embeddingOption,
        one.startSec,
        one.endSec,
      ]),
    ).toEqual([
      ['clip', 'visual', 2, 7],
      ['clip', 'audio', 2, 7],
      ['clip', 'visual', 7, 12],
      ['clip', 'audio', 7, 12],
      ['clip', 'visual', 12, 13],
      ['clip', 'audio', 12, 13],
      ['asset', 'visual', 2, 13],
      ['asset', 'audio', 2, 13],
    ])
  })

  test('accepts the flat input of 2.7 and returns vectors of 1,024 numbers', async () => {
    const { json } = await run('twelvelabs.marengo-embed-2-7-v1:0', {
      inputType: 'video',
      mediaSource: s3Source(),
      lengthSec: 10,
      useFixedLengthSec: 10,
    })

    const { data } = json('output.json')
    expect(data.map(({ embedding: _vector, ...rest }: Record<string, unknown>) => rest)).toEqual([
      { embeddingOption: 'visual-text', startSec: 0, endSec: 10 },
      { embeddingOption: 'visual-image', startSec: 0, endSec: 10 },
      { embeddingOption: 'audio', startSec: 0, endSec: 10 },
    ])
    expect(data[0].embedding).toHaveLength(1_024)
  })
})

describe('Nova Multimodal Embeddings', () => {
  function novaInput(member: Readonly<Record<string, unknown>>, embeddingDimension?: number) {
    return {
      taskType: 'SEGMENTED_EMBEDDING',
      segmentedEmbeddingParams: {
        embeddingPurpose: 'GENERIC_INDEX',
        ...(embeddingDimension && { embeddingDimension }),
        ...member,
      },
    } as Input['modelInput']
  }

  test('splits a text at spaces, one line per segment', async () => {
    const value = 'word '.repeat(400)
    const text = { truncationMode: 'END', value, segmentationConfig: { maxLengthChars: 801 } }
    const { files, json, prefix } = await run(NOVA_EMBEDDINGS, novaInput({ text }, 256))

    expect([...files.keys()]).toEqual(['embedding-text.jsonl', 'manifest.json', 'segmented-embedding-result.json'])
    expect(json('segmented-embedding-result.json')).toEqual({
      embeddingDimension: 256,
      embeddingResults: [
        {
          embeddingType: 'TEXT',
          status: 'SUCCESS',
          outputFileUri: `s3://${BUCKET}/${prefix}embedding-text.jsonl`,
        },
      ],
    })
    const lines = (files.get('embedding-text.jsonl') ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ segmentMetadata }) => segmentMetadata)).toEqual([
      { segmentIndex: 0, segmentStartCharPosition: 0, segmentEndCharPosition: 800 },
      { segmentIndex: 1, segmentStartCharPosition: 800, segmentEndCharPosition: 1_600 },
      { segmentIndex: 2, segmentStartCharPosition: 1_600, segmentEndCharPosition: value.trimEnd().length },
    ])
    expect(lines[0]).toMatchObject({ status: 'SUCCESS' })
    expect(lines[0].embedding).toHaveLength(256)
  })

  test.each([
    ['video', { embeddingMode: 'AUDIO_VIDEO_SEPARATE' }, ['embedding-audio.jsonl', 'embedding-video.jsonl'], 4],
    ['video', { embeddingMode: 'AUDIO_VIDEO_COMBINED' }, ['embedding-audio-video.jsonl'], 4],
    ['audio', { segmentationConfig: { durationSeconds: 10 } }, ['embedding-audio.jsonl'], 2],
    ['image', {}, ['embedding-image.json'], 1],
  ])('embeds %s with %j', async (modality, settings, names, segments) => {
    const input = novaInput({ [modality]: { format: 'mp4', source: { s3Location: { uri: VIDEO } }, ...settings } })
    const { files, json } = await run(NOVA_EMBEDDINGS, input)

    expect([...files.keys()]).toEqual([...names, 'manifest.json', 'segmented-embedding-result.json'])
    expect(json('segmented-embedding-result.json')).toMatchObject({ sourceFileUri: VIDEO, embeddingDimension: 3_072 })
    for (const name of names) expect((files.get(name) ?? '').trimEnd().split('\n')).toHaveLength(segments)
  })

  test.each([
    ['the synchronous task', { taskType: 'SINGLE_EMBEDDING', segmentedEmbeddingParams: {} }, 'taskType'],
    ['no task', {}, 'taskType'],
    ['no parameters', { taskType: 'SEGMENTED_EMBEDDING' }, 'segmentedEmbeddingParams'],
    ['nothing to embed', novaInput({}), 'exactly one of'],
    ['a text without text', novaInput({ text: { truncationMode: 'END' } }), 'segmentedEmbeddingParams/text'],
    ['another dimension', novaInput({ text: { value: 'a' } }, 512), 'embeddingDimension'],
  ])('refuses %s', async (_name, modelInput, named) => {
    await expect(emulator.start({ modelId: NOVA_EMBEDDINGS, modelInput } as Input)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(named),
    })
  })
})

describe('Nova Reel', () => {
  test('makes one video for a single prompt', async () => {
    const { files, json, prefix } = await run('amazon.nova-reel-v1:0', {
      taskType: 'TEXT_VIDEO',
      textToVideoParams: { text: 'A dog' },
      videoGenerationConfig: { durationSeconds: 6, fps: 24, dimension: '1280x720', seed: 1 },
    })

    expect([...files.keys()]).toEqual(['manifest.json', 'output.mp4', 'video-generation-status.json'])
    expect(files.get('output.mp4')?.slice(4, 12)).toBe('ftypisom')
    expect(json('video-generation-status.json')).toEqual({
      schemaVersion: '1.0.0',
      shots: [],
      fullVideo: { status: 'SUCCESS', location: `s3://${BUCKET}/${prefix}output.mp4` },
    })
  })

  test('makes several shots with v1:1 and refuses them with v1:0', async () => {
    const modelInput = {
      taskType: 'MULTI_SHOT_MANUAL',
      multiShotManualParams: { shots: [{ text: 'A' }, { text: 'B' }] },
    }
    const { files } = await run('amazon.nova-reel-v1:1', modelInput)

    expect([...files.keys()]).toContain('shot_0002.mp4')
    await expect(emulator.start({ modelId: 'amazon.nova-reel-v1:0', modelInput })).rejects.toMatchObject({
      message: expect.stringContaining('taskType'),
    })
  })

  test('refuses a task without its parameters', async () => {
    await expect(
      emulator.start({ modelId: 'amazon.nova-reel-v1:1', modelInput: { taskType: 'TEXT_VIDEO' } }),
    ).rejects.toMatchObject({ message: expect.stringContaining('textToVideoParams') })
  })
})

describe('an invocation', () => {
  test('fails with [emulator:fail=TEXT] and writes no files', async () => {
    const { answer, files } = await run(MARENGO, textInput('a dog [emulator:fail=Blocked by our filters.]'))

    expect(answer).toMatchObject({
      status: 'Failed',
      failureMessage: 'Blocked by our filters.',
      endTime: expect.any(Date),
    })
    expect(files.size).toBe(0)
  })

  test('fails for a missing input and names it', async () => {
    const missing = `s3://${BUCKET}/in/no dog+1.mp4`
    const { answer, files } = await run(MARENGO, { inputType: 'video', video: { mediaSource: s3Source(missing) } })

    expect(answer).toMatchObject({ status: 'Failed', failureMessage: `The object ${missing} does not exist.` })
    expect(files.size).toBe(0)
  })
})

test('[emulator:lasts=MS] keeps an invocation in progress', async () => {
  const invocationArn = await emulator.start({ modelInput: textInput('[emulator:lasts=60000] a dog') })
  emulator.clock.advance(59_999)
  const { status } = await emulator.get(invocationArn)
  emulator.clock.advance(1)

  expect([status, (await emulator.ended(invocationArn)).status]).toEqual(['InProgress', 'Completed'])
})

test('[emulator:throttle=N] and [emulator:error=TYPE] apply to the start', async () => {
  const start = () =>
    emulator.start({ clientRequestToken: 'throttled', modelInput: textInput('[emulator:throttle=1]') })

  await expect(start()).rejects.toMatchObject({ name: 'ThrottlingException' })
  const invocationArn = await start()
  expect(await start()).toBe(invocationArn)
  await expect(
    emulator.start({ modelInput: textInput('[emulator:error=AccessDeniedException]') }),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

test('directives without effect are refused', async () => {
  await expect(emulator.start({ modelInput: textInput('[emulator:reset@1]') })).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('[emulator:reset'),
  })
  for (const path of ['converse', 'converse-stream']) {
    const reply = await post(emulator.url, `/model/${CLAUDE}/${path}`, {
      messages: [userMessage('[emulator:lasts=1]')],
    })
    expect(reply).toMatchObject({ status: 400, body: { message: expect.stringContaining('[emulator:lasts') } })
  }
})

test('outputs may go to the root of a bucket, and names with spaces are kept', async () => {
  for (const [place, prefix] of [
    ['', ''],
    ['/', ''],
    ['/my files', 'my files/'],
  ]) {
    const outputDataConfig = { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}${place}` } }
    const invocationArn = await emulator.start({ outputDataConfig })
    emulator.clock.advance(3_000)
    await emulator.ended(invocationArn)

    const folder = `${prefix}${idOf(invocationArn)}/`
    expect(await s3.list(folder)).toEqual([`${folder}manifest.json`, `${folder}output.json`])
  }
})

describe('Luma Ray', () => {
  const LUMA = 'luma.ray-v2:0'

  test('writes a video of the requested length', async () => {
    const { answer, files } = await run(LUMA, { prompt: 'A tiger in snow', duration: '9s', aspect_ratio: '21:9' })

    expect(answer.status).toBe('Completed')
    expect([...files.keys()]).toEqual(['manifest.json', 'output.mp4'])
    expect(files.get('output.mp4')).toContain('ftypisom')
  })

  test('accepts frames', async () => {
    const source = { type: 'base64', media_type: 'image/png', data: 'AAAA' }
    const { answer } = await run(LUMA, { prompt: 'A tiger', keyframes: { frame0: { type: 'image', source } } })

    expect(answer.status).toBe('Completed')
  })

  test.each<[string, Input['modelInput'], string]>([
    ['no prompt', { loop: true }, '#: required key [prompt] not found'],
    ['an empty prompt', { prompt: '' }, '#/prompt: expected minLength: 1, actual: 0'],
    ['5,001 characters', { prompt: 'x'.repeat(5_001) }, '#/prompt: expected maxLength: 5000, actual: 5001'],
    ['another duration', { prompt: 'x', duration: '6s' }, '#/duration: 6s is not a valid enum value'],
    ['another ratio', { prompt: 'x', aspect_ratio: '2:1' }, '#/aspect_ratio: 2:1 is not a valid enum value'],
    ['another resolution', { prompt: 'x', resolution: '4k' }, '#/resolution: 4k is not a valid enum value'],
  ])('refuses %s', async (_name, modelInput, message) => {
    await expect(run(LUMA, modelInput)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    })
  })
})
