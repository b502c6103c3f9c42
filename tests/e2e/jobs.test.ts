import {
  ConflictException,
  GetAsyncInvokeCommand,
  ListAsyncInvokesCommand,
  StartAsyncInvokeCommand,
  type StartAsyncInvokeCommandInput,
  ValidationException,
} from '@aws-sdk/client-bedrock-runtime'
import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { makePng, ONE_PAGE_PDF } from '../support/media.ts'
import {
  countVersions,
  createStackClients,
  endOf,
  eventually,
  postJson,
  readText,
  type StackClients,
} from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'
import { CLAUDE } from '../support/stock-clients.ts'

const BUCKET = 'local-jobsbucket'
const NOVA = 'us.amazon.nova-lite-v1:0'
const MARENGO = 'twelvelabs.marengo-embed-3-0-v1:0'

let stack: RunningStack
let clients: StackClients
beforeAll(async () => {
  stack = await startStack({
    arguments: [
      '--parameter-overrides',
      'JobConcurrency=10',
      'JobMaxAttempts=2',
      'OutputLocations=arn:aws:s3:::other/a/*',
    ],
  })
  clients = createStackClients(stack)
}, 60_000)
afterAll(async () => {
  clients.destroy()
  await stack.stop()
})

const output = { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/output/here` } }
const claudeBody = (content: string) => ({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 200,
  messages: [{ role: 'user', content }],
})
const converseBody = (text: string) => ({ messages: [{ role: 'user', content: [{ text }] }] })

async function start(input: Partial<StartAsyncInvokeCommandInput>, from = clients): Promise<string> {
  const { invocationArn = '' } = await from.bedrock.send(
    new StartAsyncInvokeCommand({ modelId: CLAUDE, modelInput: {}, outputDataConfig: output, ...input }),
  )
  return invocationArn
}

const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1)
/** Claude under the names of several profiles, so that each test that counts calls has its own model. */
const claudeIn = (geography: string) => CLAUDE.replace('global', geography)
/** Counts the calls of a model from the emulator's lines on the console. */
const modelCalls = (modelId: string) =>
  stack
    .output()
    .split('\n')
    .filter((line) => /bedrock \d+ (InvokeModel|Converse)/.test(line) && line.includes(modelId)).length

const post = (path: string, document: unknown, headers: Record<string, string> = {}) =>
  postJson(stack, path, document, headers)

describe('StartAsyncInvoke by a stock client', () => {
  test.each([
    ['Claude', CLAUDE, claudeBody('What is the capital of France?'), 'Paris'],
    ['Nova', NOVA, { schemaVersion: 'messages-v1', ...converseBody('hi') }, 'messageStop|end_turn'],
    ['Titan embeddings', 'amazon.titan-embed-text-v2:0', { inputText: 'hi' }, 'embedding'],
    ['Marengo, which Bedrock runs itself', MARENGO, { inputType: 'text', text: { inputText: 'hi' } }, 'embedding'],
  ])('runs a job of %s', async (_, modelId, modelInput, expected) => {
    const arn = await start({ modelId, modelInput })
    expect(arn).toMatch(/^arn:aws:bedrock:us-east-1:123456789012:async-invoke\/[a-z0-9]{12}$/)
    const end = await endOf(clients.bedrock, arn)
    expect(end).toMatchObject({ status: 'Completed', invocationArn: arn, endTime: expect.any(Date) })
    expect(await readText(clients.s3, BUCKET, `output/here/${idOf(arn)}/output.json`)).toMatch(new RegExp(expected))
    expect(await readText(clients.s3, BUCKET, `output/here/${idOf(arn)}/manifest.json`)).toContain('output.json')
    const { asyncInvokeSummaries = [] } = await clients.bedrock.send(new ListAsyncInvokesCommand({ maxResults: 1000 }))
    expect(asyncInvokeSummaries.find(({ invocationArn }) => invocationArn === arn)).toMatchObject({
      status: 'Completed',
      modelArn: expect.stringContaining('foundation-model/'),
    })
  })

  test('a Converse job without an output location is read by the link in its answer', async () => {
    const response = await post('/async-invoke', {
      modelId: CLAUDE,
      input: { converse: converseBody('What is the capital of France?') },
    })
    expect(response.status).toBe(200)
    const { invocationArn } = (await response.json()) as { invocationArn: string }
    const path = `${stack.api}/async-invoke/${encodeURIComponent(invocationArn)}`
    const job = await eventually(async () => {
      const answer = (await (await fetch(path)).json()) as { status: string; outputs?: { url: string }[] }
      return answer.status === 'InProgress' ? undefined : answer
    })
    expect(job).toMatchObject({ status: 'Completed', usage: { inputTokens: expect.any(Number), outputTokens: 7 } })
    const linked = await fetch(job.outputs?.[0]?.url ?? '')
    expect(await linked.json()).toMatchObject({
      stopReason: 'end_turn',
      output: { message: { role: 'assistant', content: [{ text: 'The capital of France is Paris.' }] } },
    })
  })

  test('the start has the location of the job, and the unencoded ARN and the id find the same job', async () => {
    const response = await post('/async-invoke', { modelId: CLAUDE, input: { converse: converseBody('Hello') } })
    const { invocationArn } = (await response.json()) as { invocationArn: string }
    const paths = [
      response.headers.get('location') ?? '',
      `async-invoke/${invocationArn}`,
      `async-invoke/${idOf(invocationArn)}`,
    ]
    expect(paths[0]).toBe(`async-invoke/${encodeURIComponent(invocationArn)}`)
    for (const path of paths) {
      const job = await fetch(new URL(path, `${stack.api}/async-invoke`))
      expect([job.status, await job.json()]).toEqual([200, expect.objectContaining({ invocationArn })])
    }
  })

  test.each([
    '0123456789ab/0123456789ab',
    'arn:aws:bedrock:eu-west-1:123456789012:async-invoke/0123456789ab',
    'UPPERCASE123',
  ])('%s is not an invocation of this stack', async (name) => {
    const response = await fetch(`${stack.api}/async-invoke/${name}`)
    expect([response.status, await response.json()]).toEqual([
      400,
      { message: expect.stringMatching(/^invocationArn does not match .*, nor is it the id at its end\.$/) },
    ])
  })

  test('an upload is the whole input of a job', async () => {
    const ticket = (await (await post('/uploads', { contentType: 'application/json' })).json()) as {
      s3Uri: string
      url: string
      headers: Record<string, string>
    }
    const body = JSON.stringify(converseBody(`What is the capital of France? ${' '.repeat(7_000_000)}`))
    expect((await fetch(ticket.url, { method: 'PUT', headers: ticket.headers, body })).status).toBe(200)
    const upload = { s3Location: { uri: ticket.s3Uri } }
    const started = await post('/async-invoke', { modelId: CLAUDE, input: { converse: upload } })
    const { invocationArn } = (await started.json()) as { invocationArn: string }
    const path = `${stack.api}/async-invoke/${encodeURIComponent(invocationArn)}`
    await eventually(async () => {
      const { status } = (await (await fetch(path)).json()) as { status: string }
      return status === 'Completed' ? true : undefined
    })

    const foreign = await post('/async-invoke', {
      modelId: CLAUDE,
      input: { converse: { s3Location: { uri: ticket.s3Uri.replace(/uploads\/./, 'uploads/x') } } },
    })
    expect([foreign.status, foreign.headers.get('x-amzn-errortype')]).toEqual([403, 'AccessDeniedException'])
  })
})

describe('one token', () => {
  test('gives one job and one call of the model for 20 concurrent starts', async () => {
    const modelId = claudeIn('eu')
    const input = { modelId, clientRequestToken: 'once', modelInput: claudeBody('hi') }
    const arns = await Promise.all(Array.from({ length: 20 }, () => start(input)))
    expect(new Set(arns).size).toBe(1)
    await endOf(clients.bedrock, arns[0])
    expect(await start(input)).toBe(arns[0])
    expect(modelCalls(modelId)).toBe(1)
    await expect(start({ ...input, modelInput: claudeBody('another') })).rejects.toThrow(ConflictException)
  })
})

describe('isolation and refusals', () => {
  test("another caller's job is not found", async () => {
    const other = createStackClients(stack, 'somebodyelse')
    try {
      const arn = await start({ modelInput: claudeBody('hi') })
      await expect(other.bedrock.send(new GetAsyncInvokeCommand({ invocationArn: arn }))).rejects.toThrow(
        /No invocation is found/,
      )
      const { asyncInvokeSummaries } = await other.bedrock.send(new ListAsyncInvokesCommand({}))
      expect(asyncInvokeSummaries).toEqual([])
    } finally {
      other.destroy()
    }
  })

  test.each([
    ['a foreign bucket', 's3://other/b', 403],
    ['a prefix that only begins like the allowed one', 's3://other/ab', 403],
    ['jobs of the own bucket', `s3://${BUCKET}/jobs`, 403],
    ['a step up', `s3://${BUCKET}/output/../jobs`, 400],
    ['an encoded slash', `s3://${BUCKET}/output/..%2fjobs`, 400],
    ['no bucket', 's3:///output', 400],
  ])('an output in %s is refused', async (_, s3Uri, status) => {
    const response = await post('/async-invoke', {
      modelId: CLAUDE,
      modelInput: {},
      outputDataConfig: { s3OutputDataConfig: { s3Uri } },
    })
    expect([response.status, ((await response.json()) as { message: string }).message]).toEqual([
      status,
      expect.stringContaining('s3Uri'),
    ])
  })

  test.each(['..%2F..%2Fjobs', 'arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aasync-invoke%2F..', '%00', 'x'])(
    'GET /async-invoke/%s is a ValidationException',
    async (id) => {
      const response = await fetch(`${stack.api}/async-invoke/${id}`)
      expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException'])
    },
  )

  test("a refusal of Bedrock's own invocation is returned to the caller", async () => {
    await expect(start({ modelId: MARENGO, modelInput: { inputType: 'nothing' } })).rejects.toThrow(ValidationException)
  })
})

describe('failures', () => {
  test('throttling once only delays the job', async () => {
    const end = await endOf(
      clients.bedrock,
      await start({ modelInput: claudeBody('[emulator:throttle=1] throttled once') }),
    )
    expect(end.status).toBe('Completed')
  })

  test('a refusal by Bedrock fails the job at once with its message', async () => {
    const modelId = claudeIn('jp')
    const arn = await start({ modelId, modelInput: claudeBody('[emulator:error=ValidationException] no') })
    expect(await endOf(clients.bedrock, arn)).toMatchObject({ status: 'Failed', failureMessage: expect.any(String) })
    expect(modelCalls(modelId)).toBe(1)
  })

  test('endless throttling fails the job after the last try and sends it to the dead-letter queue', async () => {
    const arn = await start({ modelInput: claudeBody('[emulator:throttle=99] always') })
    expect(await endOf(clients.bedrock, arn)).toMatchObject({ status: 'Failed' })
    const message = await eventually(async () => {
      const { Messages = [] } = await clients.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: `${stack.sqs}/123456789012/JobsDeadLetterQueue`,
          MaxNumberOfMessages: 10,
        }),
      )
      return Messages.map(({ Body = '' }) => JSON.parse(Body)).find(({ resources }) => resources[0] === arn)
    })
    expect(message).toMatchObject({
      'detail-type': 'Inference Job State Change',
      source: 'bedrock-functions',
      detail: { status: 'Failed', failureType: 'ThrottlingException', retryable: true, attempts: 2, jobArn: arn },
    })
  })
})

test('five deliveries of an event, concurrent and late, are one call of the model', async () => {
  const modelId = claudeIn('au')
  const arn = await start({ modelId, modelInput: claudeBody('[emulator:stall=300] five times') })
  const keys = [...(await countVersions(clients.s3, BUCKET, 'jobs/')).keys()]
  const inverted = [...idOf(arn)].map((digit) => (35 - Number.parseInt(digit, 36)).toString(36)).join('')
  const key = keys.find((name) => name.endsWith(`${inverted}/request.json`))
  const due = {
    EventBusName: 'local',
    Source: 'bedrock-functions',
    DetailType: 'Inference Job Due',
    Detail: JSON.stringify({ bucket: { name: BUCKET }, object: { key } }),
  }
  const sent = await clients.events.send(new PutEventsCommand({ Entries: [due, due, due, due] }))
  expect(sent.FailedEntryCount).toBe(0)
  await endOf(clients.bedrock, arn)
  const runs = () => stack.output().match(/async succeeded .* RunJobFunction/g)?.length ?? 0
  const runsBefore = runs()
  await clients.events.send(new PutEventsCommand({ Entries: [due] }))
  await eventually(async () => (runs() > runsBefore ? true : undefined))
  expect(modelCalls(modelId)).toBe(1)
  expect(await countVersions(clients.s3, BUCKET, `output/here/${idOf(arn)}/`)).toEqual(
    new Map([
      [`output/here/${idOf(arn)}/manifest.json`, 1],
      [`output/here/${idOf(arn)}/output.json`, 1],
    ]),
  )
})

describe('objects under inbox/', () => {
  const drop = (name: string, body: string | Uint8Array, metadata: Record<string, string> = {}) =>
    clients.s3.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: `inbox/${name}`, Body: Buffer.from(body), Metadata: metadata }),
    )
  const answerTo = (name: string) =>
    eventually(async () => {
      const text = await readText(clients.s3, BUCKET, `outbox/${name}`)
      return text === undefined ? undefined : (JSON.parse(text) as unknown)
    })
  const paris = { output: { message: { content: [{ text: 'The capital of France is Paris.' }] } } }

  test.each([
    ['plain text, its name with spaces, plus signs and Unicode', 'a b+c/ü 山.txt', 'What is the capital of France?'],
    [
      'a Converse body',
      'converse.json',
      JSON.stringify({ modelId: NOVA, ...converseBody('What is the capital of France?') }),
    ],
  ])('are answered: %s', async (_, name, body) => {
    await drop(name, body)
    expect(await answerTo(name.endsWith('.json') ? name : `${name}.json`)).toMatchObject(paris)
  })

  test.each([
    ['a PDF', 'report.pdf', ONE_PAGE_PDF, /I received a PDF document "document" with 1 page /],
    [
      'a PDF of 20 MB',
      'large.pdf',
      Buffer.concat([ONE_PAGE_PDF, Buffer.alloc(20_000_000, ' ')]),
      /I received a PDF document "document" with 1 page /,
    ],
    ['an image', 'scan', makePng(20, 10), /I received a PNG image of 20x10 pixels /],
  ])(
    '%s is described and summarized by the default model',
    async (_, name, body, expected) => {
      await drop(name, body)
      expect(await answerTo(`${name}.json`)).toMatchObject({
        stopReason: 'end_turn',
        output: { message: { content: [{ text: expect.stringMatching(expected) }] } },
      })
      // 20 MB pass through S3, two functions and the emulator.
    },
    90_000,
  )

  test('the metadata `prompt` is the prompt for an image', async () => {
    await drop('asked.png', makePng(1, 1), { prompt: 'What is the capital of France? [emulator:say=Asked]' })
    expect(await answerTo('asked.png.json')).toMatchObject({ output: { message: { content: [{ text: 'Asked' }] } } })
  })

  test("a native body gets the model's native answer", async () => {
    await drop('native.json', JSON.stringify({ modelId: CLAUDE, ...claudeBody('hi') }))
    expect(await answerTo('native.json')).toMatchObject({ type: 'message', content: [{ type: 'text' }] })
  })

  test.each([
    ['an empty object', 'empty.txt', '', /empty/],
    ['invalid JSON', 'broken.json', '{"modelId"', /not JSON/],
    ['a wrong model', 'wrong.json', JSON.stringify({ modelId: 'no.such', ...converseBody('hi') }), /model identifier/],
    ['no model', 'none.json', JSON.stringify(converseBody('hi')), /modelId is missing/],
    ['30 MB', 'large.txt', Buffer.alloc(30_000_000, 'x'), /30000000 bytes/],
    ['bytes that are no text', 'bytes.bin', Buffer.from([0xff, 0xfe, 0x00]), /UTF-8/],
  ])('%s gets an error document', async (_, name, body, message) => {
    await drop(name, body)
    expect(await answerTo(name.endsWith('.json') ? name : `${name}.json`)).toMatchObject({
      error: { type: 'ValidationException', message: expect.stringMatching(message) },
      source: { key: `inbox/${name}` },
    })
  })
})

test('an "Inference Requested" event starts a job of the stack', async () => {
  const before = (await countVersions(clients.s3, BUCKET, 'output/')).size
  const detail = { modelId: CLAUDE, input: { converse: converseBody('hi') } }
  await clients.events.send(
    new PutEventsCommand({
      Entries: [
        { EventBusName: 'local', Source: 'shop', DetailType: 'Inference Requested', Detail: JSON.stringify(detail) },
      ],
    }),
  )
  await eventually(async () => ((await countVersions(clients.s3, BUCKET, 'output/')).size > before ? true : undefined))
})

describe('Prefer: respond-async', () => {
  const modelId = claudeIn('us')
  const path = `/model/${encodeURIComponent(modelId)}/converse`

  test('returns the normal answer if the job ends in time', async () => {
    const response = await post(path, converseBody('What is the capital of France?'), {
      prefer: 'respond-async, wait=20',
    })
    expect([response.status, response.headers.get('preference-applied')]).toEqual([200, 'respond-async'])
    expect(await response.json()).toMatchObject({ stopReason: 'end_turn' })
    expect(modelCalls(modelId)).toBe(1)
  })

  test('otherwise returns 202 with the ARN and the location', async () => {
    const response = await post(path, converseBody('[emulator:stall=500] slow'), { prefer: 'respond-async' })
    expect(response.status).toBe(202)
    const { invocationArn } = (await response.json()) as { invocationArn: string }
    const job = new URL(response.headers.get('location') ?? '', `${stack.api}${path}`)
    await eventually(async () => {
      const answer = (await (await fetch(job)).json()) as { status: string; invocationArn: string }
      expect(answer.invocationArn).toBe(invocationArn)
      return answer.status === 'Completed' ? true : undefined
    })
  })

  test('returns a failure within the wait as the failure of the call', async () => {
    const response = await post(path, converseBody('[emulator:error=ModelErrorException] no'), {
      prefer: 'respond-async, wait=20',
    })
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([424, 'ModelErrorException'])
  })
})

test('200 concurrent jobs run, 10 of them at a time', async () => {
  const arns = await Promise.all(
    Array.from({ length: 200 }, (_, index) => start({ modelInput: claudeBody(`job ${index}`) })),
  )
  const ends = await Promise.all(
    arns.map((arn) =>
      eventually(async () => {
        const text = await readText(clients.s3, BUCKET, `output/here/${idOf(arn)}/output.json`)
        return text === undefined ? undefined : idOf(arn)
      }, 1000),
    ),
  )
  expect(new Set(ends).size).toBe(200)
  // The jobs did not block the API.
  expect((await fetch(`${stack.api}/models`)).status).toBe(200)
}, 120_000)
