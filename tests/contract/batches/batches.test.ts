import { gzipSync } from 'node:zlib'
import {
  type BatchFormat,
  type BatchName,
  describeBatch,
  findBatch,
  listBatches,
  OPENAI_ENDPOINT,
  readOutputFileId,
  stopBatch,
  sweepBatches,
  toOpenAiBatch,
} from '@bedrock-functions/runtime/batches'
import type { PartJob } from '../../../layers/runtime/src/batches/bedrock-jobs.ts'
import { BudgetError } from '../../../layers/runtime/src/core/budget-error.ts'
import { createTestPipeline } from '../../support/calls.ts'
import { MINUTE, shiftClock } from '../jobs/support/clock.ts'
import { CALLER, OTHER_CALLER, OTHER_OWNER, OWNER } from '../jobs/support/orders.ts'
import { ARN_PREFIX, NOVA, type Services, type Stack, startServices } from '../jobs/support/start-services.ts'
import {
  answerAll,
  createBatchOf,
  type Hands,
  planOf,
  readLinesOf,
  readOutput,
  recordLine,
  runBatch,
} from './support/run-batch.ts'

let services: Services
let stack: Stack

beforeAll(async () => {
  services = await startServices({ stacks: 100 })
})
beforeEach(() => {
  stack = services.createStack()
})
afterAll(() => services.close())

const linesOf = (count: number, prompt = (index: number) => `Hello ${index}`) =>
  Array.from({ length: count }, (_, index) => recordLine(`R${index}`, prompt(index))).join('\n')

const find = ({ owner, id }: BatchName, format?: BatchFormat) => findBatch(stack.store, ARN_PREFIX, owner, id, format)

/** A batch as Get shows it. */
const describeFound = async (name: BatchName) => {
  const described = describeBatch(await find(name), ARN_PREFIX)
  return described as { estimate: { sampledRecords: number; inputUsd: number; isHalfPrice: boolean } }
}

const answered = () => stack.modelRequests.filter(({ statusCode }) => statusCode === 200).length

describe('under a budget', () => {
  const spent = new BudgetError({
    ...{ scope: 'caller', period: 'day', limitUsd: 1, spentUsd: 1.5 },
    resetsAt: '2026-12-01T00:00:00.000Z',
  })

  test('that is spent, a batch fails before its first call', async () => {
    const name = await createBatchOf(stack, linesOf(5))
    await runBatch(stack, name, { budgetGate: { check: () => Promise.reject(spent) } })
    expect((await find(name))?.end).toMatchObject({ status: 'Failed', message: spent.message })
    expect(stack.modelRequests).toEqual([])
  })

  test('that is spent while a batch runs, the records that are left have its error and are not tried again', async () => {
    let calls = 0
    const check = async () => {
      calls += 1
      if (calls > 3) throw spent
      return undefined
    }
    const pipeline = createTestPipeline(stack.bedrock, { budgetGate: { check, release: async () => {} } })
    const name = await createBatchOf(stack, linesOf(8))
    await runBatch({ ...stack, pipeline }, name)
    const output = await readOutput(stack, name)
    expect(output.filter(({ modelOutput }) => modelOutput)).toHaveLength(3)
    expect(output.flatMap(({ error }) => (error ? [error] : []))).toEqual(
      Array.from({ length: 5 }, () => ({ errorCode: 429, errorMessage: spent.message })),
    )
    expect(calls).toBe(8)
  })
})

describe('on the map', () => {
  test('each record has one line in the order of the input, with the answer that a call of its own gets', async () => {
    const name = await createBatchOf(
      stack,
      linesOf(23, (index) => `[emulator:say=Answer ${index}]`),
    )
    await runBatch(stack, name)
    const output = await readOutput(stack, name)
    expect(output.map(({ recordId }) => recordId)).toEqual(Array.from({ length: 23 }, (_, index) => `R${index}`))
    for (const [index, { modelInput, modelOutput }] of output.entries()) {
      const call = {
        kind: 'converse' as const,
        modelId: NOVA,
        caller: CALLER,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify(modelInput)),
      }
      const { body } = await stack.pipeline.answerJob(call, { signal: AbortSignal.timeout(10_000), facts: {} })
      const own = { ...JSON.parse(Buffer.from(body).toString()), metrics: expect.anything() }
      expect(modelOutput).toEqual(own)
      expect(modelOutput?.output.message.content[0]?.text).toBe(`Answer ${index}`)
    }
    expect(await find(name)).toMatchObject({
      end: {
        status: 'Completed',
        counts: { totalRecordCount: 23, processedRecordCount: 23, successRecordCount: 23, errorRecordCount: 0 },
        usage: { inputTokens: expect.any(Number) },
        estimatedCost: { usd: expect.any(Number) },
      },
    })
    expect(await stack.read(`output/batches/${name.id}/manifest.json.out`)).toMatchObject({ successRecordCount: 23 })
    expect(stack.events.sent.map(({ detailType }) => detailType)).toEqual([
      'Inference Job State Change',
      'Batch Inference Job State Change',
    ])
    expect(stack.events.sent.at(-1)?.detail).toMatchObject({
      creationTime: expect.stringMatching(/^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d{2}:\d{2} [AP]M$/),
    })
    expect(await stack.keys('open-batches/')).toEqual([])
  })

  test('native bodies keep their bytes: numbers, escapes and order', async () => {
    const body = String.raw`{"max_tokens":5,"anthropic_version":"bedrock-2023-05-31","messages":[{"role":"user","content":"caf\u00e9"}],"temperature":1.0}`
    const modelId = 'anthropic.claude-3-haiku-20240307-v1:0'
    const name = await createBatchOf(stack, `{"modelInput":${body},"recordId":"A"}`, { type: 'InvokeModel', modelId })
    await runBatch(stack, name)
    const stored = await stack.store.get({
      bucket: stack.store.bucket,
      key: `output/batches/${name.id}/records.jsonl.out`,
    })
    expect(Buffer.from(stored?.body ?? []).toString()).toMatch(
      new RegExp(
        `^{"recordId":"A","modelInput":${body.replaceAll(/[{}()[\]\\.]/g, '\\$&')},"modelOutput":\\{.*\\}\\}\n$`,
      ),
    )
  })

  test('a refused record has an error as Bedrock writes it, and the others their answers', async () => {
    const prompts = ['One', '[emulator:error=ModelErrorException]', 'Three']
    const name = await createBatchOf(
      stack,
      linesOf(3, (index) => prompts[index] ?? ''),
    )
    await runBatch(stack, name)
    const [first, second, third] = await readOutput(stack, name)
    expect(second).toMatchObject({ recordId: 'R1', error: { errorCode: 424, errorMessage: expect.any(String) } })
    expect([first, third].map((line) => line?.error)).toEqual([undefined, undefined])
    expect((await find(name)).end).toMatchObject({
      status: 'Completed',
      counts: { successRecordCount: 2, errorRecordCount: 1 },
    })
  })

  test('throttled records are answered at a slower pace, which all workers share', async () => {
    const name = await createBatchOf(
      stack,
      linesOf(12, (index) => (index % 4 === 0 ? `${index} [emulator:throttle=1]` : 'Hi')),
    )
    await runBatch(stack, name)
    expect((await readOutput(stack, name)).filter(({ error }) => error)).toEqual([])
    const [key = ''] = (await stack.keys('batches/')).filter((found) => found.endsWith('pace.json'))
    expect(await stack.read(key)).toMatchObject({ intervalMs: expect.any(Number), isStopped: false })
    expect(answered()).toBe(12)
  })

  test('a record whose answer is stored is not called again by a second worker', async () => {
    const name = await createBatchOf(stack, linesOf(10))
    const step = await planOf(stack, name)
    const failing: Stack['store'] = {
      ...stack.store,
      put: (location, ...rest) =>
        location.key.includes('/ranges/') ? Promise.reject(new Error('S3 failed')) : stack.store.put(location, ...rest),
    }
    const first = await answerAll({ ...stack, pipeline: stack.pipeline, store: failing }, step)
    expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(answered()).toBe(10)
    await runBatch(stack, name)
    expect(answered()).toBe(10)
    expect(await readOutput(stack, name)).toHaveLength(10)
  })

  test('records without time are left to the next round', async () => {
    let round = 0
    const name = await createBatchOf(stack, linesOf(7))
    const steps = await runBatch(stack, name, {
      remainingMs: () => (round === 0 ? 60_000 : 285_000),
      beforeRound: (number) => {
        round = number
      },
    })
    expect(steps.map((step) => step.waitSeconds)).toEqual([0, 2, 2])
    expect(await readOutput(stack, name)).toHaveLength(7)
  })

  test('a stopped batch keeps what is answered', async () => {
    const name = await createBatchOf(stack, linesOf(20))
    const step = await planOf(stack, name)
    await answerAll(stack, { ...step, itemsKey: step.itemsKey })
    const prefix = `batch-answers/${name.owner}/${name.id}`
    const lost = [(await stack.keys(`${prefix}/ranges/`))[0], (await stack.keys(`${prefix}/records/00000000/`))[0]]
    for (const key of lost) await stack.store.delete({ bucket: stack.store.bucket, key: key ?? '' })
    await stopBatch(await find(name), stack.store)
    expect((await find(name)).isStopped).toBe(true)
    await runBatch(stack, name)
    expect((await find(name)).end).toMatchObject({ status: 'Stopped', counts: { processedRecordCount: 19 } })
    expect(await readOutput(stack, name)).toHaveLength(19)
    expect(answered()).toBe(20)
    await expect(stopBatch(await find(name), stack.store)).rejects.toMatchObject({ name: 'ConflictException' })
  })

  test('Get counts what is answered while the batch runs', async () => {
    const name = await createBatchOf(stack, linesOf(10))
    const step = await planOf(stack, name)
    expect((await find(name)).counts).toMatchObject({ totalRecordCount: 10, processedRecordCount: 0 })
    await answerAll(stack, step)
    expect((await find(name)).counts).toMatchObject({ processedRecordCount: 10, successRecordCount: 10 })
  })

  test('a batch over its time is PartiallyCompleted', async () => {
    const clock = shiftClock()
    const name = await createBatchOf(stack, linesOf(6))
    await runBatch(stack, name, {
      remainingMs: () => 0,
      beforeRound: (round) => {
        if (round === 1) clock.advance(25 * 60 * MINUTE)
      },
    })
    clock.restore()
    expect((await find(name)).end).toMatchObject({ status: 'PartiallyCompleted', counts: { processedRecordCount: 0 } })
  })
})

describe("a batch of OpenAI's contract", () => {
  const body = { model: NOVA, messages: [{ role: 'user', content: 'Hello' }] }
  const line = (custom_id: string) => JSON.stringify({ custom_id, method: 'POST', url: OPENAI_ENDPOINT, body })
  const order = { format: 'openai', askedInput: 'file-1', askedModelId: '', modelId: '' } as const

  test('over its time names the file with the lines of expired records', async () => {
    const clock = shiftClock()
    const name = await createBatchOf(stack, `${line('A')}\n${line('B')}`, order)
    await runBatch(stack, name, {
      remainingMs: () => 0,
      beforeRound: (round) => {
        if (round === 1) clock.advance(25 * 60 * MINUTE)
      },
    })
    clock.restore()
    const errorFileId = String(toOpenAiBatch(await find(name, 'openai')).error_file_id)
    const key = `output/batches/${name.id}/records.jsonl.${readOutputFileId(errorFileId)?.ending}`
    expect(await readLinesOf(stack, key)).toMatchObject([
      { custom_id: 'A', response: null, error: { code: 'batch_expired' } },
      { custom_id: 'B', response: null, error: { code: 'batch_expired' } },
    ])
  })

  test('without errors has no file of errors', async () => {
    const name = await createBatchOf(stack, line('A'), order)
    await runBatch(stack, name)
    expect(toOpenAiBatch(await find(name, 'openai'))).toMatchObject({ status: 'completed', error_file_id: null })
    expect(await stack.keys(`output/batches/${name.id}/`)).not.toContainEqual(expect.stringMatching(/\.err$/))
  })

  test('has one file, so a folder of several is refused', async () => {
    const folder = { bucket: stack.store.bucket, key: `uploads/${OWNER}/several/` }
    for (const file of ['a.jsonl', 'b.jsonl']) {
      await stack.store.put({ ...folder, key: folder.key + file }, line(file))
    }
    const name = await createBatchOf(stack, '', { ...order, input: folder })
    await runBatch(stack, name)
    const message = expect.stringMatching(/has 2 files, and a batch of this contract has one/)
    expect((await find(name, 'openai')).end).toMatchObject({ status: 'Failed', message })
  })
})

const good = recordLine('A', 'Hello')

describe('files', () => {
  test.each<[string, string | Uint8Array, number]>([
    ['with a byte order mark', `\ufeff${good}\n${recordLine('B', 'Hi')}\n`, 2],
    ['with CRLF', `${good}\r\n${recordLine('B', 'Hi')}\r\n`, 2],
    ['without a line feed at its end', `${good}\n${recordLine('B', 'Hi')}`, 2],
    ['with empty lines', `\n${good}\n\n${recordLine('B', 'Hi')}\n\n`, 2],
    [
      'with records without an identifier',
      `${JSON.stringify({ modelInput: JSON.parse(good).modelInput })}\n${good}`,
      2,
    ],
  ])('%s work', async (_, file, records) => {
    const name = await createBatchOf(stack, file)
    await runBatch(stack, name)
    const output = await readOutput(stack, name)
    expect(output).toHaveLength(records)
    expect(new Set(output.map(({ recordId }) => recordId)).size).toBe(records)
    expect(output.filter(({ error }) => error)).toEqual([])
  })

  const many = Array.from({ length: 600 }, (_, index) => recordLine(`R${index}`, 'Hi'))

  test.each<[string, string | Uint8Array, RegExp]>([
    ['an empty file', '', /the input has no record/],
    [
      'a line of 30 MB',
      `${good}\n${recordLine('B', 'x'.repeat(30_000_000))}`,
      /records\.jsonl, line 2: the line is longer than the limit of 25001024 bytes/,
    ],
    ['invalid JSON in line 500', many.with(499, '{"recordId":').join('\n'), /line 500: the line is not a JSON object/],
    ['a repeated recordId', `${good}\n${good}`, /line 2: the identifier "A" is that of an earlier record/],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le'), /line 1: the file is UTF-16/],
    ['gzip', gzipSync(good), /line 1: the file is compressed with gzip/],
    ['a line without modelInput', '{"recordId":"A"}', /line 1: the member modelInput is missing/],
    [
      'a modelInput that is no object',
      '{"recordId":"A","modelInput":"x"}',
      /the member modelInput is not a JSON object/,
    ],
    ['a recordId that is no string', '{"recordId":1,"modelInput":{}}', /line 1: the member recordId is not a string/],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(`${good}\n`), Buffer.of(0x22, 0xff)]),
      /line 2: the line is not UTF-8/,
    ],
  ])('%s fails the batch with a message that names the line', async (_, file, message) => {
    const name = await createBatchOf(stack, file)
    await runBatch(stack, name)
    expect((await find(name)).end).toMatchObject({ status: 'Failed', message: expect.stringMatching(message) })
    expect(stack.modelRequests).toEqual([])
    expect(stack.events.sent).toContainEqual(
      expect.objectContaining({ detail: expect.objectContaining({ failureMessage: expect.stringMatching(message) }) }),
    )
  })
})

describe('the route', () => {
  const route = async (file: string, hands: Hands = {}, changes = {}) => {
    const name = await createBatchOf(stack, file, changes)
    await planOf(stack, name, hands)
    const { plan } = await find(name)
    return [plan?.route, plan?.reason]
  }

  test.each<[string, string, Hands, string, RegExp]>([
    ['with enough records', linesOf(100), {}, 'bedrock', /half the price/],
    ['below the minimum', linesOf(99), {}, 'map', /99 records, and Bedrock's batch takes at least 100/],
    ['below the quota of the account', linesOf(100), { minRecords: 500 }, 'map', /at least 500/],
    ['under a guardrail', linesOf(100), { demanded: 'guardrail' }, 'map', /guardrail/],
    ['with tools', `${linesOf(99)}\n{"recordId":"T","modelInput":{"toolConfig":{}}}`, {}, 'map', /toolConfig/],
  ])('%s is right', async (_, file, hands, expected, reason) => {
    expect(await route(file, hands)).toEqual([expected, expect.stringMatching(reason)])
  })

  test('of Bedrock cannot be demanded where it would leave out the guardrail of the stack', async () => {
    const name = await createBatchOf(stack, linesOf(100), { route: 'bedrock' })
    await planOf(stack, name, { demanded: 'guardrail' })
    expect((await find(name)).end).toMatchObject({ status: 'Failed', message: expect.stringMatching(/guardrail/) })
  })

  test('that the caller demands is taken', async () => {
    expect(await route(linesOf(100), {}, { route: 'map' })).toEqual(['map', expect.stringMatching(/demands/)])
    stack = services.createStack()
    expect(await route(linesOf(2), { minRecords: 1 }, { route: 'bedrock' })).toEqual(['bedrock', expect.anything()])
  })

  test('of Bedrock that refuses the model ends on the map, with the reason', async () => {
    const refused: PartJob = { status: 'Failed', message: 'The model does not support batch.', success: 0, error: 0 }
    const bedrockJobs = { start: async () => refused, read: async () => refused, stop: async () => {} }
    const onMap = {
      route: 'map',
      routeReason: expect.stringContaining('does not support batch'),
      estimate: { isHalfPrice: false },
    }
    const name = await createBatchOf(stack, linesOf(100))
    const beforeRound = async (round: number) => {
      if (round > 0) expect(await describeFound(name)).toMatchObject(onMap)
    }
    await runBatch(stack, name, { bedrockJobs, beforeRound })
    expect(await describeFound(name)).toMatchObject({ ...onMap, status: 'Completed', successRecordCount: 100 })
    expect(await readOutput(stack, name)).toHaveLength(100)
  })

  test('has an estimate from a sample, at half the price for Bedrock', async () => {
    const estimateOf = async (changes: object) => {
      const name = await createBatchOf(stack, linesOf(100), changes)
      await planOf(stack, name)
      return (await describeFound(name)).estimate
    }
    const half = await estimateOf({})
    stack = services.createStack()
    const whole = await estimateOf({ route: 'map' })
    expect(half).toMatchObject({ sampledRecords: expect.any(Number), isHalfPrice: true })
    expect(whole).toMatchObject({ sampledRecords: half.sampledRecords, isHalfPrice: false })
    expect(half.sampledRecords).toBeLessThan(100)
    expect(half.inputUsd).toBeCloseTo(whole.inputUsd / 2, 10)
  })
})

describe('the store', () => {
  test('gives the same batch for the same token, and a conflict for another request', async () => {
    const token = { clientRequestToken: 'token' }
    const [first, second] = await Promise.all([
      createBatchOf(stack, good, { ...token, requestHash: 'a' }),
      createBatchOf(stack, good, { ...token, requestHash: 'a' }),
    ])
    expect(second).toEqual(first)
    await expect(createBatchOf(stack, good, { ...token, requestHash: 'b' })).rejects.toMatchObject({
      name: 'ConflictException',
    })
  })

  test('shows a batch to its owner only', async () => {
    const { id } = await createBatchOf(stack, good)
    await expect(find({ owner: OTHER_OWNER, id })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(findBatch(stack.store, ARN_PREFIX, OWNER, 'nothing')).rejects.toMatchObject({
      name: 'ValidationException',
    })
    const page = { ascending: false, maxBatches: 10 }
    expect((await listBatches(stack.store, { owner: OTHER_OWNER, ...page })).batches).toEqual([])
    expect((await listBatches(stack.store, { owner: OWNER, ...page })).batches).toHaveLength(1)
    await createBatchOf(stack, good, { caller: OTHER_CALLER })
    expect((await listBatches(stack.store, { owner: OWNER, ...page })).batches).toHaveLength(1)
  })

  test('lists pages in both orders, by status and by name', async () => {
    const names: string[] = []
    for (const jobName of ['a', 'b', 'c'])
      names.push((await createBatchOf(stack, good, { jobName, requestHash: jobName })).id)
    const list = async (options: Partial<Parameters<typeof listBatches>[1]>) => {
      const page = await listBatches(stack.store, { owner: OWNER, ascending: false, maxBatches: 10, ...options })
      return { ids: page.batches.map(({ request }) => request.id), token: page.nextToken }
    }
    expect((await list({})).ids).toEqual(names.toReversed())
    for (const ascending of [true, false]) {
      const first = await list({ ascending, maxBatches: 2 })
      const rest = await list({ ascending, maxBatches: 2, nextToken: first.token ?? '' })
      expect([...first.ids, ...rest.ids]).toEqual(ascending ? names : names.toReversed())
      expect(rest.token).toBeUndefined()
    }
    expect((await list({ nameContains: 'b' })).ids).toEqual([names[1]])
    expect((await list({ status: 'Completed' })).ids).toEqual([])
    await expect(list({ nextToken: 'x' })).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test('lets only the first execution carry out a batch, and the sweep start one whose event was lost', async () => {
    const clock = shiftClock()
    const name = await createBatchOf(stack, good)
    expect(await sweepBatches(Date.now(), stack)).toBe(0)
    clock.advance(6 * MINUTE)
    expect(await sweepBatches(Date.now(), stack)).toBe(1)
    clock.restore()
    expect(stack.events.sent).toMatchObject([{ detailType: 'Batch Inference Job Due' }])
    await planOf(stack, name)
    expect(await sweepBatches(Date.now() + 6 * MINUTE, stack)).toBe(0)
    expect(await planOf(stack, name, {}, 'arn:other')).toMatchObject({ route: 'none' })
    expect(await planOf(stack, name)).toMatchObject({ route: 'map' })
  })
})
