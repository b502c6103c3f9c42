import {
  ListAsyncInvokesCommand,
  type ListAsyncInvokesCommandInput,
  paginateListAsyncInvokes,
} from '@aws-sdk/client-bedrock-runtime'
import {
  type AsyncEmulator,
  BUCKET,
  MARENGO,
  type RunningS3,
  startAsyncEmulator,
  startCommand,
  startS3,
  textInput,
} from './async-support.ts'
import { CLAUDE, createClient, type JsonReply, NOVA, post, readErrorType } from './support.ts'

let s3: RunningS3
let emulator: AsyncEmulator

beforeAll(async () => {
  s3 = await startS3()
})
beforeEach(async () => {
  emulator = await startAsyncEmulator({ s3Endpoint: s3.url })
})
afterEach(() => emulator.close())
afterAll(() => s3.close())

/** Starts an invocation without any SDK. */
function startRaw(change: Readonly<Record<string, unknown>>) {
  return post(emulator.url, '/async-invoke', { ...startCommand().input, ...change })
}

async function getRaw(path: string): Promise<JsonReply> {
  const response = await fetch(`${emulator.url}/async-invoke${path}`)
  return { status: response.status, headers: response.headers, body: await response.json() }
}

describe('an invocation', () => {
  test('is in progress, then completed, with all members of the service model', async () => {
    const outputDataConfig = {
      s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/a/b/`, bucketOwner: '123456789012' },
    }
    const invocationArn = await emulator.start({ clientRequestToken: 'token-1', outputDataConfig })
    const submitTime = new Date(emulator.clock.now())
    const known = {
      invocationArn,
      modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${MARENGO}`,
      clientRequestToken: 'token-1',
      submitTime,
      // The folder of the invocation, as in AWS's samples.
      outputDataConfig: {
        s3OutputDataConfig: {
          ...outputDataConfig.s3OutputDataConfig,
          s3Uri: `s3://${BUCKET}/a/b/${invocationArn.slice(-12)}`,
        },
      },
    }

    expect(invocationArn).toMatch(/^arn:aws:bedrock:us-east-1:123456789012:async-invoke\/[a-z0-9]{12}$/)
    emulator.clock.advance(2_999)
    const { $metadata: _first, ...before } = await emulator.get(invocationArn)
    expect(before).toEqual({ ...known, status: 'InProgress', lastModifiedTime: submitTime })
    emulator.clock.advance(1)
    const { $metadata: _second, ...after } = await emulator.ended(invocationArn)
    const endTime = new Date(emulator.clock.now())
    expect(after).toEqual({ ...known, status: 'Completed', lastModifiedTime: endTime, endTime })
  })

  test("is also served over the SDK's default HTTP/2", async () => {
    const client = createClient(emulator.url)

    const { invocationArn = '' } = await client.send(startCommand())
    const { asyncInvokeSummaries } = await client.send(new ListAsyncInvokesCommand({}))

    client.destroy()
    expect(asyncInvokeSummaries).toMatchObject([{ invocationArn, status: 'InProgress' }])
  })

  test.each([
    MARENGO,
    `us.${MARENGO}`,
    `arn:aws:bedrock:us-east-1::foundation-model/${MARENGO}`,
    `arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.${MARENGO}`,
  ])('has the foundation model of %s', async (modelId) => {
    const { modelArn } = await emulator.get(await emulator.start({ modelId }))

    expect(modelArn).toBe(`arn:aws:bedrock:us-east-1::foundation-model/${MARENGO}`)
  })

  test('has the Region and the account of the options', async () => {
    const other = await startAsyncEmulator({ s3Endpoint: s3.url, region: 'eu-west-1', accountId: '210987654321' })
    const invocationArn = await other.start()
    await other.close()

    expect(invocationArn).toMatch(/^arn:aws:bedrock:eu-west-1:210987654321:async-invoke\//)
  })
})

describe('clientRequestToken', () => {
  test('returns the same ARN for the same request, also after its end and for another order of members', async () => {
    const clientRequestToken = 'same'
    const first = await emulator.start({ clientRequestToken })
    emulator.clock.advance(3_000)
    await emulator.ended(first)
    const { modelInput: _input, ...rest } = startCommand().input
    const reordered = await startRaw({
      ...rest,
      clientRequestToken,
      modelInput: { text: { inputText: 'a dog on a beach' }, inputType: 'text' },
    })

    expect(reordered).toMatchObject({ status: 200, body: { invocationArn: first } })
    const { asyncInvokeSummaries } = await emulator.client.send(new ListAsyncInvokesCommand({}))
    expect(asyncInvokeSummaries).toHaveLength(1)
  })

  test.each([
    ['input', { modelInput: textInput('a cat') }],
    ['model', { modelId: `us.${MARENGO}` }],
    ['output', { outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/elsewhere` } } }],
    ['tags', { tags: [{ key: 'team', value: 'a' }] }],
  ])('is a conflict if it is reused with another %s', async (_name, change) => {
    await emulator.start({ clientRequestToken: 'taken' })

    await expect(emulator.start({ clientRequestToken: 'taken', ...change })).rejects.toMatchObject({
      name: 'ConflictException',
      $metadata: { httpStatusCode: 400 },
    })
  })

  test('makes one invocation of 20 simultaneous starts; without a token they are 20', async () => {
    const starts = (token?: string) =>
      Promise.all(Array.from({ length: 20 }, () => startRaw({ ...(token && { clientRequestToken: token }) })))
    const same = await starts('at-once')
    const different = await starts()

    const arnsOf = (replies: typeof same) => new Set(replies.map(({ body }) => body.invocationArn))
    expect([arnsOf(same).size, arnsOf(different).size]).toEqual([1, 20])
    expect(emulator.clock.waiting).toBe(21)
  })

  test('accepts one of two different simultaneous requests and reports a conflict for the other', async () => {
    const outcomes = await Promise.all([
      startRaw({ clientRequestToken: 'race' }),
      startRaw({ clientRequestToken: 'race', modelInput: textInput('a cat') }),
    ])

    expect(outcomes.map(({ status }) => status).toSorted()).toEqual([200, 400])
  })
})

describe('StartAsyncInvoke', () => {
  test.each([CLAUDE, NOVA, 'amazon.titan-embed-text-v2:0', 'twelvelabs.pegasus-1-2-v1:0'])(
    'refuses the model %s',
    async (modelId) => {
      await expect(emulator.start({ modelId })).rejects.toMatchObject({
        name: 'ValidationException',
        message: `The provided model doesn't support asynchronous invocation: ${modelId}.`,
      })
    },
  )

  const s3Uri = (uri: unknown) => ({ outputDataConfig: { s3OutputDataConfig: { s3Uri: uri } } })
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['no model', { modelId: undefined }, 'modelId'],
    ['a model that nobody makes', { modelId: 'nobody.model' }, 'model identifier'],
    ['a model id of other characters', { modelId: 'a b' }, 'modelId'],
    ['no input', { modelInput: null }, 'modelInput'],
    ['an input in a string', { modelInput: '{"inputType":"text"}' }, 'modelInput'],
    ['an input without its type', { modelInput: { text: { inputText: 'a' } } }, 'inputType'],
    ['an input without what its type says', { modelInput: { inputType: 'video' } }, 'video'],
    [
      'media in two places',
      {
        modelInput: {
          inputType: 'image',
          image: { mediaSource: { base64String: 'AA==', s3Location: { uri: 's3://bucket/x' } } },
        },
      },
      'mediaSource',
    ],
    [
      'a video that is not base64',
      {
        modelId: 'amazon.nova-2-multimodal-embeddings-v1:0',
        modelInput: {
          taskType: 'SEGMENTED_EMBEDDING',
          segmentedEmbeddingParams: {
            embeddingPurpose: 'GENERIC_INDEX',
            image: { format: 'png', source: { bytes: 'cat.png' } },
          },
        },
      },
      '#/segmentedEmbeddingParams/image/source/bytes: expected type: Base64',
    ],
    [
      'a frame that is not base64',
      {
        modelId: 'luma.ray-v2:0',
        modelInput: {
          prompt: 'x',
          keyframes: {
            frame0: { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'cat.png' } },
          },
        },
      },
      '#/keyframes/frame0/source/data: expected type: Base64',
    ],
    ...[
      ['TEXT_VIDEO', 'textToVideoParams', 12, '12 is not 6'],
      ['MULTI_SHOT_AUTOMATED', 'multiShotAutomatedParams', 13, '13 is not a multiple of 6 from 12 to 120'],
      ['MULTI_SHOT_AUTOMATED', 'multiShotAutomatedParams', 6, '6 is not a multiple of 6 from 12 to 120'],
    ].map(([taskType, member = '', durationSeconds, named]): [string, Readonly<Record<string, unknown>>, string] => [
      `${durationSeconds} seconds of ${taskType}`,
      {
        modelId: 'amazon.nova-reel-v1:1',
        modelInput: { taskType, [member]: { text: 'x' }, videoGenerationConfig: { durationSeconds } },
      },
      `#/videoGenerationConfig/durationSeconds: ${named}`,
    ]),
    ['no output', { outputDataConfig: undefined }, 'outputDataConfig'],
    ['an output of another kind', { outputDataConfig: { disk: {} } }, 'outputDataConfig'],
    ['an output without a place', s3Uri(undefined), 's3Uri'],
    ['an output that is no S3 URI', s3Uri('https://results/a'), 's3Uri'],
    ['a bucket in capitals', s3Uri('s3://Results/a'), 's3Uri'],
    ['a URI of 1,025 characters', s3Uri(`s3://results/${'a'.repeat(1_012)}`), 's3Uri'],
    ['an empty token', { clientRequestToken: '' }, 'clientRequestToken'],
    ['a token with a space', { clientRequestToken: 'a b' }, 'clientRequestToken'],
    ['a token of 257 characters', { clientRequestToken: 'a'.repeat(257) }, 'clientRequestToken'],
    ['201 tags', { tags: Array.from({ length: 201 }, () => ({ key: 'a', value: 'b' })) }, 'tags'],
    ['a tag without a value', { tags: [{ key: 'a' }] }, 'tags'],
    ['a bucket that does not exist', s3Uri('s3://no-such-bucket/a'), 's3://no-such-bucket/a'],
  ])('refuses %s', async (_name, change, named) => {
    const { status, headers, body } = await startRaw(change)

    expect([status, headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException'])
    expect(body.message).toContain(named)
    expect(emulator.clock.waiting).toBe(0)
  })

  test('refuses every request without an S3, and names the settings', async () => {
    const alone = await startAsyncEmulator()

    await expect(alone.start()).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('AWS_ENDPOINT_URL_S3'),
    })
    await alone.close()
  })

  test('refuses every request while S3 does not answer', async () => {
    const gone = await startS3()
    await gone.close()
    const alone = await startAsyncEmulator({ s3Endpoint: gone.url })

    await expect(alone.start()).rejects.toMatchObject({ name: 'ServiceUnavailableException' })
    await alone.close()
  })
})

describe('GetAsyncInvoke', () => {
  test.each([
    ['a malformed ARN', '/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aasync-invoke%2FABC', 'invocationArn'],
    ['a path upwards', '/..%2f..%2fetc', 'invocationArn'],
    ['an empty ARN', '/', 'invocationArn'],
    [
      'an unknown ARN',
      `/${encodeURIComponent('arn:aws:bedrock:us-east-1:123456789012:async-invoke/abcdefghijkl')}`,
      'abcdefghijkl',
    ],
  ])('refuses %s', async (_name, path, named) => {
    const response = await getRaw(path)

    expect([response.status, readErrorType(response.headers)]).toEqual([400, 'ValidationException'])
    expect(response.body.message).toContain(named)
  })

  test('accepts an ARN with raw slashes', async () => {
    const invocationArn = await emulator.start()

    expect((await getRaw(`/${invocationArn}`)).body).toMatchObject({ invocationArn })
  })
})

describe('ListAsyncInvokes', () => {
  /** Starts seven invocations, a second apart; the first three end. */
  async function startSeven(): Promise<string[]> {
    const arns: string[] = []
    for (let index = 0; index < 7; index++) {
      arns.push(
        await emulator.start({
          modelInput: textInput(`dog ${index} [emulator:lasts=${index < 3 ? 10_000 : 3_600_000}]`),
        }),
      )
      emulator.clock.advance(1_000)
    }
    emulator.clock.advance(10_000)
    for (const arn of arns.slice(0, 3)) await emulator.ended(arn)
    return arns
  }

  async function list(input: ListAsyncInvokesCommandInput): Promise<(string | undefined)[]> {
    const { asyncInvokeSummaries = [] } = await emulator.client.send(new ListAsyncInvokesCommand(input))
    return asyncInvokeSummaries.map(({ invocationArn }) => invocationArn)
  }

  test('filters and sorts', async () => {
    const first = emulator.clock.now()
    const arns = await startSeven()
    const at = (index: number) => new Date(first + index * 1_000)

    expect(await list({})).toEqual(arns.toReversed())
    expect(await list({ sortBy: 'SubmissionTime', sortOrder: 'Ascending' })).toEqual(arns)
    expect(await list({ statusEquals: 'Completed', sortOrder: 'Ascending' })).toEqual(arns.slice(0, 3))
    expect(await list({ statusEquals: 'InProgress', sortOrder: 'Ascending' })).toEqual(arns.slice(3))
    expect(await list({ statusEquals: 'Failed' })).toEqual([])
    expect(await list({ submitTimeAfter: at(1), submitTimeBefore: at(4), sortOrder: 'Ascending' })).toEqual(
      arns.slice(2, 4),
    )
  })

  test.each([1, 2, 3, 7])('returns everything once in pages of %i', async (maxResults) => {
    const arns = await startSeven()
    const pages: (string | undefined)[][] = []

    for await (const page of paginateListAsyncInvokes({ client: emulator.client, pageSize: maxResults }, {})) {
      pages.push((page.asyncInvokeSummaries ?? []).map(({ invocationArn }) => invocationArn))
      // A new invocation is newer than all remaining pages.
      await emulator.start()
    }

    expect(pages.flat()).toEqual(arns.toReversed())
    expect(pages).toHaveLength(Math.ceil(7 / maxResults))
  })

  test('returns no token after the last page', async () => {
    await startSeven()
    const answer = await emulator.client.send(new ListAsyncInvokesCommand({ statusEquals: 'Completed', maxResults: 3 }))

    expect([answer.asyncInvokeSummaries?.length, answer.nextToken]).toEqual([3, undefined])
  })

  test('refuses a token of another query', async () => {
    await startSeven()
    const { nextToken } = await emulator.client.send(new ListAsyncInvokesCommand({ maxResults: 2 }))

    await expect(list({ nextToken, statusEquals: 'Completed' })).rejects.toMatchObject({ name: 'ValidationException' })
    expect(await list({ nextToken, maxResults: 5 })).toHaveLength(5)
  })

  test.each([
    ['maxResults=0', 'maxResults'],
    ['maxResults=1001', 'maxResults'],
    ['maxResults=many', 'maxResults'],
    ['statusEquals=Done', 'statusEquals'],
    ['sortBy=Name', 'sortBy'],
    ['sortOrder=Up', 'sortOrder'],
    ['submitTimeAfter=yesterday', 'submitTimeAfter'],
    ['submitTimeBefore=2026-13-01T00:00:00Z', 'submitTimeBefore'],
    ['nextToken=', 'nextToken'],
    ['nextToken=bm9uc2Vuc2U', 'nextToken'],
  ])('refuses %s', async (query, named) => {
    const response = await getRaw(`?${query}`)

    expect([response.status, readErrorType(response.headers)]).toEqual([400, 'ValidationException'])
    expect(response.body.message).toContain(named)
  })
})
