import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  CreateModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  type ListModelInvocationJobsCommandInput,
  paginateListModelInvocationJobs,
  StopModelInvocationJobCommand,
} from '@aws-sdk/client-bedrock'
import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { BUCKET, type RunningS3, startS3 } from './async-support.ts'
import {
  type BatchEmulator,
  claudeBody,
  converseBody,
  countedRecords,
  createCommand,
  from,
  idOf,
  putObject,
  ROLE,
  readManifest,
  readOutput,
  SMALL,
  startBatchEmulator,
  toLines,
} from './batch-support.ts'
import { CLAUDE, NOVA, post } from './support.ts'

let s3: RunningS3
let emulator: BatchEmulator

beforeAll(async () => {
  s3 = await startS3()
})
beforeEach(async () => {
  emulator = await startBatchEmulator(s3)
})
afterEach(() => emulator.close())
afterAll(() => s3.close())

async function restart(options: Parameters<typeof startBatchEmulator>[1]): Promise<void> {
  await emulator.close()
  emulator = await startBatchEmulator(s3, options)
}

async function list(input: ListModelInvocationJobsCommandInput = {}): Promise<(string | undefined)[]> {
  const { invocationJobSummaries = [] } = await emulator.bedrock.send(new ListModelInvocationJobsCommand(input))
  return invocationJobSummaries.map(({ jobName }) => jobName)
}

describe('a job', () => {
  test('passes through the states of Bedrock and has all members of the service model', async () => {
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(3)))
    const submitTime = new Date(emulator.clock.now())
    const jobArn = await emulator.create({ clientRequestToken: 'token1', timeoutDurationInHours: 48 })

    expect(jobArn).toMatch(/^arn:aws:bedrock:us-east-1:123456789012:model-invocation-job\/[a-z0-9]{12}$/)
    const { $metadata: _first, ...submitted } = await emulator.get(jobArn)
    const known = {
      jobArn,
      jobName: 'prompts',
      modelId: CLAUDE,
      clientRequestToken: 'token1',
      roleArn: ROLE,
      submitTime,
      inputDataConfig: from('in/prompts.jsonl'),
      outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/out/` } },
      timeoutDurationInHours: 48,
      jobExpirationTime: new Date(submitTime.getTime() + 48 * 3_600_000),
      modelInvocationType: 'InvokeModel',
    }
    expect(submitted).toEqual({ ...known, status: 'Submitted', lastModifiedTime: submitTime })
    emulator.clock.advance(999)
    expect((await emulator.get(jobArn)).status).toBe('Submitted')
    const { $metadata: _last, ...completed } = await emulator.ended(idOf(jobArn))
    expect(completed).toEqual({
      ...known,
      status: 'Completed',
      lastModifiedTime: completed.endTime,
      endTime: expect.any(Date),
      totalRecordCount: 3,
      processedRecordCount: 3,
      successRecordCount: 3,
      errorRecordCount: 0,
    })
    expect(emulator.events.map(({ detail }) => detail.status)).toEqual([
      'Submitted',
      'Validating',
      'Scheduled',
      'InProgress',
      'Completed',
    ])
  })

  test('sends the events of Bedrock', async () => {
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(1)))
    const jobArn = await emulator.create()
    const { endTime } = await emulator.ended(jobArn)

    expect(emulator.events.at(-1)).toEqual({
      source: 'aws.bedrock',
      detailType: 'Batch Inference Job State Change',
      resources: [jobArn],
      time: endTime?.getTime(),
      detail: {
        version: '0.0',
        accountId: '123456789012',
        batchJobName: 'prompts',
        batchJobArn: jobArn,
        batchModelId: CLAUDE,
        status: 'Completed',
        failureMessage: '',
        creationTime: 'Nov 21, 2026, 12:00:00 PM',
      },
    })
  })

  test('answers each record as InvokeModel answers its body', async () => {
    const records = countedRecords(20)
    await putObject(s3, 'in/prompts.jsonl', toLines(records))
    const jobArn = await emulator.create()
    await emulator.ended(jobArn)

    const expected = await Promise.all(
      records.map(async ({ recordId, modelInput }) => {
        const body = JSON.stringify(modelInput)
        const answer = await emulator.runtime.send(new InvokeModelCommand({ modelId: CLAUDE, body }))
        return { recordId, modelInput, modelOutput: JSON.parse(answer.body.transformToString()) }
      }),
    )
    expect(await readOutput(s3, jobArn)).toEqual(expected)
    const usage = expected.map(({ modelOutput }) => modelOutput.usage)
    expect(await readManifest(s3, jobArn)).toEqual({
      totalRecordCount: 20,
      processedRecordCount: 20,
      successRecordCount: 20,
      errorRecordCount: 0,
      inputTokenCount: usage.reduce((sum, { input_tokens }) => sum + input_tokens, 0),
      outputTokenCount: usage.reduce((sum, { output_tokens }) => sum + output_tokens, 0),
    })
  })

  test('answers each record as Converse answers its body', async () => {
    const texts = ['What is 1 + 1?', 'What is the capital of France?', '日本で一番高い山は?']
    await putObject(s3, 'in/prompts.jsonl', toLines(texts.map((text) => ({ modelInput: converseBody(text) }))))
    const jobArn = await emulator.create({ modelId: NOVA, modelInvocationType: 'Converse' })
    expect(await emulator.ended(jobArn)).toMatchObject({ modelInvocationType: 'Converse', successRecordCount: 3 })

    const lines = await readOutput(s3, jobArn)
    for (const [index, text] of texts.entries()) {
      const { body } = await post(emulator.url, `/model/${NOVA}/converse`, converseBody(text))
      expect(lines[index].modelOutput).toEqual({ ...body, metrics: { latencyMs: expect.any(Number) } })
    }
    expect(new Set(lines.map(({ recordId }) => recordId)).size).toBe(3)
    expect(lines[0].recordId).toMatch(/^[A-Z0-9]{11}$/)
  })

  test('copies recordId and modelInput as they were written', async () => {
    const written =
      '{"anthropic_version":"bedrock-2023-05-31", "max_tokens":50,"seed":12345678901234567890,"messages":[{"role":"user","content":"caf\\u00e9"}]}'
    await putObject(s3, 'in/prompts.jsonl', `{ "modelInput" : ${written} , "recordId":"\\u0041B" }\n`)
    const jobArn = await emulator.create()
    await emulator.ended(jobArn)

    const output = await s3.read(`out/${idOf(jobArn)}/prompts.jsonl.out`)
    expect(output).toContain(`{"recordId":"\\u0041B","modelInput":${written},"modelOutput":{`)
  })

  test('reads all files of records below a folder and writes one output for each', async () => {
    await putObject(s3, 'many/a.jsonl', toLines(countedRecords(2)))
    await putObject(s3, 'many/deep/a.jsonl', toLines([{ recordId: 'DEEP', modelInput: claudeBody('Hello') }]))
    await putObject(s3, 'many/image.png', 'no record')
    const jobArn = await emulator.create({ inputDataConfig: from('many') })

    expect(await emulator.ended(jobArn)).toMatchObject({ status: 'Completed', totalRecordCount: 3 })
    expect(await s3.list(`out/${idOf(jobArn)}/`)).toEqual(
      ['a.jsonl.out', 'deep/a.jsonl.out', 'manifest.json.out'].map((name) => `out/${idOf(jobArn)}/${name}`),
    )
    expect(await readOutput(s3, jobArn, 'deep/a.jsonl.out')).toMatchObject([{ recordId: 'DEEP' }])
  })
})

describe('a record', () => {
  test('that the model refuses has an error in place of the answer, and the job is Completed', async () => {
    const refused = { ...claudeBody('Hello'), max_tokens: 0 }
    const records = [
      { recordId: 'GOOD', modelInput: claudeBody('Hello') },
      { recordId: 'BAD', modelInput: refused },
      { recordId: 'THROTTLED', modelInput: claudeBody('Hello [emulator:throttle=1]') },
      { recordId: 'BROKEN', modelInput: claudeBody('Hello [emulator:error=ModelErrorException]') },
    ]
    await putObject(s3, 'in/prompts.jsonl', toLines(records))
    const jobArn = await emulator.create()

    expect(await emulator.ended(jobArn)).toMatchObject({
      status: 'Completed',
      totalRecordCount: 4,
      processedRecordCount: 4,
      successRecordCount: 1,
      errorRecordCount: 3,
    })
    const [good, bad, throttled, broken] = await readOutput(s3, jobArn)
    expect(good.modelOutput.content[0].text).toEqual(expect.any(String))
    const { body } = await post(emulator.url, `/model/${CLAUDE}/invoke`, refused)
    expect(bad).toEqual({
      recordId: 'BAD',
      modelInput: refused,
      error: { errorCode: 400, errorMessage: body.message },
    })
    expect(throttled.error).toEqual({
      errorCode: 429,
      errorMessage: 'Too many requests, please wait before trying again.',
    })
    expect(broken.error.errorCode).toBe(424)
  })

  test.each([
    ['tools', { tools: [] }],
    ['tool_choice', { tool_choice: { type: 'auto' } }],
    ['response_format', { response_format: { type: 'json_object' } }],
    ['output_config.format', { output_config: { format: { type: 'json_schema' } } }],
  ])('of InvokeModel with %s is refused', async (member, members) => {
    await putObject(s3, 'in/prompts.jsonl', toLines([{ modelInput: { ...claudeBody('Hello'), ...members } }]))
    const jobArn = await emulator.create()
    await emulator.ended(jobArn)

    const errorMessage = `Batch inference does not support ${member}. Remove ${member} and try again.`
    expect(await readOutput(s3, jobArn)).toMatchObject([{ error: { errorCode: 400, errorMessage } }])
  })

  test.each([
    ['toolConfig', { toolConfig: { tools: [] } }],
    ['guardrailConfig', { guardrailConfig: { guardrailIdentifier: 'a1', guardrailVersion: '1' } }],
    ['outputConfig.textFormat', { outputConfig: { textFormat: { type: 'json_schema' } } }],
    ['additionalModelRequestFields.response_format', { additionalModelRequestFields: { response_format: {} } }],
  ])('of Converse with %s is refused', async (member, members) => {
    await putObject(s3, 'in/prompts.jsonl', toLines([{ modelInput: { ...converseBody('Hello'), ...members } }]))
    const jobArn = await emulator.create({ modelInvocationType: 'Converse' })
    await emulator.ended(jobArn)

    const errorMessage = `Batch inference does not support ${member}. Remove ${member} and try again.`
    expect(await readOutput(s3, jobArn)).toMatchObject([{ error: { errorCode: 400, errorMessage } }])
  })

  test('takes a fault that was set for the next records', async () => {
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(4)))
    const directives = { error: 'ThrottlingException' }
    const fault = { operation: 'BatchRecord', times: 2, model: 'claude', directives }
    await fetch(`${emulator.url}/_emulator/faults`, { method: 'PUT', body: JSON.stringify(fault) })
    const jobArn = await emulator.create()

    expect(await emulator.ended(jobArn)).toMatchObject({ successRecordCount: 2, errorRecordCount: 2 })
    const lines = await readOutput(s3, jobArn)
    expect(lines.map(({ error }) => error?.errorCode)).toEqual([429, 429, undefined, undefined])
  })
})

describe('an input', () => {
  const good = JSON.stringify({ recordId: 'A', modelInput: claudeBody('Hello') })
  const file = `s3://${BUCKET}/in/prompts.jsonl`

  async function endOf(body: string | Uint8Array) {
    await putObject(s3, 'in/prompts.jsonl', body)
    return emulator.ended(await emulator.create())
  }

  test.each([
    ['with CRLF', `${good}\r\n${good.replace('"A"', '"B"')}\r\n`, 2],
    ['without a newline at the end', `${good}\n${good.replace('"A"', '"B"')}`, 2],
  ])('%s works', async (_name, body, totalRecordCount) => {
    expect(await endOf(body)).toMatchObject({ status: 'Completed', totalRecordCount })
  })

  test.each<[string, string | Uint8Array, string]>([
    [
      'a byte order mark',
      `\ufeff${good}\n`,
      `${file}, line 1: the file is begun by a byte order mark, it must be plain UTF-8.`,
    ],
    [
      'UTF-16',
      Buffer.from(`\ufeff${good}\n`, 'utf16le'),
      `${file}, line 1: the file is UTF-16, it must be plain UTF-8.`,
    ],
    [
      'UTF-16 without a mark',
      Buffer.from(`${good}\n`, 'utf16le'),
      `${file}, line 1: the line is not a JSON object in UTF-8.`,
    ],
    ['gzip', gzipSync(good), `${file}, line 1: the file is compressed with gzip, it must be plain UTF-8.`],
    [
      'invalid JSON in line 500',
      `${toLines(countedRecords(499))}{"recordId":"A","modelInput":{}\n`,
      `${file}, line 500: the line is not a JSON object in UTF-8.`,
    ],
    ['an invalid escape', '{"modelInput":{"a":"\\x"}}\n', `${file}, line 1: the line is not a JSON object in UTF-8.`],
    ['a blank line', `${good}\n\n${good}\n`, `${file}, line 2: the line is not a JSON object in UTF-8.`],
    ['an array', `${good}\n[]\n`, `${file}, line 2: the line is not a JSON object in UTF-8.`],
    ['no modelInput', '{"recordId":"A"}\n', `${file}, line 1: the member modelInput is missing.`],
    ['a text as modelInput', '{"modelInput":"{}"}\n', `${file}, line 1: the member modelInput is not a JSON object.`],
    [
      'a number as recordId',
      '{"recordId":1,"modelInput":{}}\n',
      `${file}, line 1: the member recordId is not a string.`,
    ],
    ['a repeated recordId', `${good}\n${good}\n`, `${file}, line 2: the recordId A is that of an earlier record.`],
    [
      'a very long line',
      `${good}\n{"modelInput":{"a":"${'x'.repeat(30_000_000)}"}}\n`,
      `${file}, line 2: the line is longer than the limit of 25000000 bytes.`,
    ],
  ])('with %s makes the job Failed with a message that names the line', async (_name, body, message) => {
    expect(await endOf(body)).toMatchObject({ status: 'Failed', message, endTime: expect.any(Date) })
    expect(emulator.events.at(-1)?.detail).toMatchObject({ status: 'Failed', failureMessage: message })
  })

  test('that is empty makes the job Failed', async () => {
    const { status, message, jobArn } = await endOf('')
    expect({ status, message }).toEqual({
      status: 'Failed',
      message: `Batch job ${jobArn} contains less records (0) than the required minimum of: 1`,
    })
  })

  test('with a line of 20 MB works', async () => {
    const body = { ...claudeBody('Hello'), metadata: { user_id: 'x'.repeat(20_000_000) } }
    expect(await endOf(toLines([{ modelInput: body }]))).toMatchObject({ status: 'Completed', processedRecordCount: 1 })
  })

  test('below the minimum of 100 records makes the job Failed by default', async () => {
    await restart({ batch: {} })
    const { message, jobArn } = await endOf(toLines(countedRecords(99)))
    expect(message).toBe(`Batch job ${jobArn} contains less records (99) than the required minimum of: 100`)
    expect(await endOf(toLines(countedRecords(100)))).toMatchObject({ status: 'Completed' })
  })

  test.each([
    ['records of the job', { maxRecords: 2 }, /^Batch job arn:\S+ contains more records than the maximum of: 2$/],
    ['records of a file', { maxFileRecords: 2 }, /^The file s3:\S+ contains more records than the maximum of: 2$/],
    ['bytes of a file', { maxFileBytes: 100 }, /^The file s3:\S+ has \d+ bytes, the limit of a file is 100\.$/],
    ['bytes of the job', { maxJobBytes: 100 }, /^The input files have \d+ bytes, the limit of a job is 100\.$/],
  ])('above the limit of %s makes the job Failed', async (_name, limits, message) => {
    await restart({ batch: { ...SMALL, ...limits } })
    expect(await endOf(toLines(countedRecords(3)))).toMatchObject({
      status: 'Failed',
      message: expect.stringMatching(message),
    })
  })

  test.each([
    ['none/prompts.jsonl', `The object s3://${BUCKET}/none/prompts.jsonl does not exist.`],
    ['none/', `There is no file that ends in .jsonl at s3://${BUCKET}/none/.`],
    [
      'in/prompts.jsonl.gz',
      `The input s3://${BUCKET}/in/prompts.jsonl.gz is neither a file that ends in .jsonl nor a folder.`,
    ],
  ])('at %s makes the job Failed', async (key, message) => {
    const jobArn = await emulator.create({ inputDataConfig: from(key) })
    expect(await emulator.ended(jobArn)).toMatchObject({ status: 'Failed', message })
  })

  test('that changes after its validation makes the job Failed', async () => {
    await restart({ batch: { ...SMALL, recordsPerSecond: 1 } })
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(3)))
    const jobArn = await emulator.create()
    await emulator.reached(jobArn, 'Scheduled')
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(2)))

    expect(await emulator.ended(jobArn)).toMatchObject({
      status: 'Failed',
      message: expect.stringContaining('in/prompts.jsonl has changed since it was validated.'),
    })
  })

  test('whose output bucket does not exist makes the job Failed', async () => {
    await putObject(s3, 'in/prompts.jsonl', `${good}\n`)
    const outputDataConfig = { s3OutputDataConfig: { s3Uri: 's3://nowhere/out' } }
    const jobArn = await emulator.create({ outputDataConfig })
    expect(await emulator.ended(jobArn)).toMatchObject({
      status: 'Failed',
      message: 'The bucket nowhere does not exist.',
    })
  })
})

describe('time', () => {
  test('shows progress record by record, and a stopped job keeps its answers', async () => {
    await restart({ batch: { ...SMALL, recordsPerSecond: 1 } })
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(10)))
    const jobArn = await emulator.create()
    const counts = { totalRecordCount: 10, processedRecordCount: 4, successRecordCount: 4, errorRecordCount: 0 }
    const progress = await emulator.poll(jobArn, ({ processedRecordCount }) => processedRecordCount === 4)
    expect(progress).toMatchObject({ status: 'InProgress', ...counts })
    const { invocationJobSummaries } = await emulator.bedrock.send(new ListModelInvocationJobsCommand({}))
    expect(invocationJobSummaries).toMatchObject([{ status: 'InProgress', ...counts }])

    await emulator.bedrock.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }))
    expect((await emulator.get(jobArn)).status).toBe('Stopping')
    expect(await emulator.ended(jobArn)).toMatchObject({ status: 'Stopped', ...counts, endTime: expect.any(Date) })
    expect(await readOutput(s3, jobArn)).toHaveLength(4)
    expect(await readManifest(s3, jobArn)).toMatchObject(counts)
  })

  test.each(['stop', 'close'])('does not wait for the record in progress at a %s', async (end) => {
    const slow = { recordId: 'SLOW', modelInput: claudeBody('Hello [emulator:stall=3600000]') }
    await putObject(s3, 'in/prompts.jsonl', toLines([...countedRecords(2), slow]))
    const jobArn = await emulator.create()
    await emulator.poll(jobArn, ({ processedRecordCount }) => processedRecordCount === 2)
    if (end === 'close') return restart({})
    await emulator.bedrock.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }))
    expect(await emulator.ended(jobArn)).toMatchObject({ status: 'Stopped', processedRecordCount: 2 })
    expect(await readOutput(s3, jobArn)).toHaveLength(2)
  })

  test.each(['Submitted', 'Validating', 'Scheduled'] as const)('stops a job that is %s', async (status) => {
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(1)))
    const jobArn = await emulator.create()
    await emulator.reached(jobArn, status)
    await emulator.bedrock.send(new StopModelInvocationJobCommand({ jobIdentifier: idOf(jobArn) }))

    await expect(
      emulator.bedrock.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn })),
    ).rejects.toMatchObject({ name: 'ConflictException', message: expect.stringContaining('is Stopping') })
    expect((await emulator.ended(jobArn)).status).toBe('Stopped')
    expect(await s3.list(`out/${idOf(jobArn)}/`)).toEqual([])
    await expect(
      emulator.bedrock.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn })),
    ).rejects.toMatchObject({ name: 'ConflictException', message: expect.stringContaining('is Stopped') })
  })

  test('makes a job Expired that did not start before its timeout', async () => {
    await restart({ batch: { ...SMALL, hourMs: 100, stateMs: { Scheduled: 60_000 } } })
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(1)))
    const { status, endTime, submitTime } = await emulator.ended(await emulator.create())
    expect(status).toBe('Expired')
    expect(Number(endTime) - Number(submitTime)).toBeGreaterThanOrEqual(2_400)
  })

  test('makes a job PartiallyCompleted whose timeout ends before its records', async () => {
    await restart({ batch: { ...SMALL, hourMs: 2_000, recordsPerSecond: 1 } })
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(100)))
    const jobArn = await emulator.create()
    const { status, totalRecordCount, processedRecordCount } = await emulator.ended(jobArn)

    expect({ status, totalRecordCount }).toEqual({ status: 'PartiallyCompleted', totalRecordCount: 100 })
    expect(processedRecordCount).toBeGreaterThan(0)
    expect(await readOutput(s3, jobArn)).toHaveLength(processedRecordCount ?? 0)
    expect(await readManifest(s3, jobArn)).toMatchObject({ totalRecordCount: 100, processedRecordCount })
  })

  test('and failures can be chosen by a fault of the next job', async () => {
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(1)))
    const setFault = (directives: object) =>
      fetch(`${emulator.url}/_emulator/faults`, {
        method: 'PUT',
        body: JSON.stringify({ operation: 'CreateModelInvocationJob', directives }),
      })
    await setFault({ fail: 'no capacity' })
    expect(await emulator.ended(await emulator.create())).toMatchObject({ status: 'Failed', message: 'no capacity' })
    await setFault({ error: 'ThrottlingException' })
    await expect(emulator.create()).rejects.toMatchObject({ name: 'ThrottlingException' })
    await setFault({ lasts: 60_000 })
    const jobArn = await emulator.create()
    const { lastModifiedTime: began } = await emulator.reached(jobArn, 'InProgress')
    const { endTime } = await emulator.ended(jobArn)
    expect(Number(endTime) - Number(began)).toBeGreaterThanOrEqual(60_000)
  })
})

describe('ListModelInvocationJobs', () => {
  beforeEach(async () => {
    await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(1)))
    for (const jobName of ['one', 'two', 'three', 'four-one', 'five']) {
      await emulator.create({ jobName })
      emulator.clock.advance(10)
    }
  })

  test('sorts by submission, the newest first by default', async () => {
    expect(await list()).toEqual(['five', 'four-one', 'three', 'two', 'one'])
    expect(await list({ sortBy: 'CreationTime', sortOrder: 'Ascending' })).toEqual([
      'one',
      'two',
      'three',
      'four-one',
      'five',
    ])
  })

  test('filters by name, status and time', async () => {
    expect(await list({ nameContains: 'one' })).toEqual(['four-one', 'one'])
    expect(await list({ statusEquals: 'Completed' })).toEqual([])
    expect(await list({ statusEquals: 'Submitted', nameContains: 'two' })).toEqual(['two'])
    const third = new Date(Date.UTC(2026, 10, 21, 12) + 20)
    expect(await list({ submitTimeAfter: third })).toEqual(['five', 'four-one'])
    expect(await list({ submitTimeBefore: third })).toEqual(['two', 'one'])
  })

  test('has pages whose tokens belong to their query', async () => {
    const pages = paginateListModelInvocationJobs({ client: emulator.bedrock, pageSize: 2 }, {})
    const names: (string | undefined)[][] = []
    let token: string | undefined
    for await (const { invocationJobSummaries = [], nextToken } of pages) {
      names.push(invocationJobSummaries.map(({ jobName }) => jobName))
      token ??= nextToken
    }
    expect(names).toEqual([['five', 'four-one'], ['three', 'two'], ['one']])
    await expect(list({ nextToken: token ?? '', nameContains: 'one' })).rejects.toMatchObject({
      name: 'ValidationException',
    })
  })
})

describe('CreateModelInvocationJob', () => {
  test('with the same token and request creates one job', async () => {
    const first = await emulator.create({ clientRequestToken: 'same' })
    expect(await emulator.create({ clientRequestToken: 'same' })).toBe(first)
    await expect(emulator.create({ clientRequestToken: 'same', jobName: 'other' })).rejects.toMatchObject({
      name: 'ConflictException',
      $metadata: { httpStatusCode: 400 },
    })
    expect(await list()).toHaveLength(1)
  })

  test('refuses more jobs of a model than the quota', async () => {
    await restart({ batch: { ...SMALL, maxJobs: 2 } })
    await emulator.create()
    await emulator.create()
    await expect(emulator.create()).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      $metadata: { httpStatusCode: 400 },
    })
    await emulator.create({ modelId: NOVA })
  })

  const failed = (value: string, member: string, constraint: string) =>
    `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${constraint}`
  const NAME = String.raw`Member must satisfy regular expression pattern: [a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}`

  test.each<[string, object, string]>([
    ['no jobName', { jobName: undefined }, failed('null', 'jobName', 'Member must not be null')],
    ['no roleArn', { roleArn: undefined }, failed('null', 'roleArn', 'Member must not be null')],
    ['a jobName with a space', { jobName: 'a b' }, failed("'a b'", 'jobName', NAME)],
    ['a jobName of hyphens', { jobName: `a${'-'.repeat(60)}!` }, failed(`'a${'-'.repeat(60)}!'`, 'jobName', NAME)],
    [
      'a long jobName',
      { jobName: 'a'.repeat(64) },
      failed(`'${'a'.repeat(64)}'`, 'jobName', 'Member must have length less than or equal to 63'),
    ],
    [
      'a short timeout',
      { timeoutDurationInHours: 23 },
      failed("'23'", 'timeoutDurationInHours', 'Member must have value greater than or equal to 24'),
    ],
    [
      'an unknown type',
      { modelInvocationType: 'Chat' },
      failed("'Chat'", 'modelInvocationType', 'Member must satisfy enum value set: [InvokeModel, Converse]'),
    ],
    [
      'no key in the input',
      { inputDataConfig: { s3InputDataConfig: {} } },
      failed('null', 'inputDataConfig.s3InputDataConfig.s3Uri', 'Member must not be null'),
    ],
    ['an unknown model', { modelId: 'anthropic.claude-none' }, 'The provided model identifier is invalid.'],
  ])('refuses %s', async (_name, change, message) => {
    const { status, headers, body } = await post(emulator.url, '/model-invocation-job', {
      ...createCommand().input,
      ...change,
    })
    expect({ status, type: headers.get('x-amzn-errortype'), message: body.message }).toEqual({
      status: 400,
      type: 'ValidationException',
      message,
    })
  })

  test('refuses provisioned models, which batch inference does not have', async () => {
    const modelId = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl'
    await expect(emulator.create({ modelId })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("at 'modelId' failed to satisfy constraint"),
    })
  })

  test('without an S3 names the settings', async () => {
    await restart({ s3Endpoint: undefined })
    await expect(emulator.create()).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('AWS_ENDPOINT_URL_S3'),
    })
  })
})

test('jobs are refused while answers come from recordings', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'batch-recordings-'))
  await restart({ record: { directory } })
  await expect(emulator.create()).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('CreateModelInvocationJob'),
  })
  await rm(directory, { recursive: true })
})

test('an unknown job is a ResourceNotFoundException, and a malformed identifier a ValidationException', async () => {
  await expect(emulator.get('abcdefghijkl')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  })
  const stop = new StopModelInvocationJobCommand({ jobIdentifier: 'abcdefghijkl' })
  await expect(emulator.bedrock.send(stop)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await expect(emulator.get('short')).rejects.toMatchObject({ name: 'ValidationException' })
})

test('the variable EMULATOR_BATCH has the settings', async () => {
  await restart({ batch: undefined, environment: { EMULATOR_BATCH: 'minRecords=2, stateMs=1' } })
  await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(2)))
  expect(await emulator.ended(await emulator.create())).toMatchObject({ status: 'Completed' })
  await expect(startBatchEmulator(s3, { environment: { EMULATOR_BATCH: 'minimum=2' } })).rejects.toThrow(
    'EMULATOR_BATCH names "minimum". Known: stateMs, recordsPerSecond,',
  )
})

test('the stock command without a token gets one from the SDK, so that its retry creates no second job', async () => {
  const command = new CreateModelInvocationJobCommand(createCommand().input)
  const { jobArn = '' } = await emulator.bedrock.send(command)
  expect((await emulator.get(jobArn)).clientRequestToken).toMatch(/^[a-z0-9-]{36}$/)
})
