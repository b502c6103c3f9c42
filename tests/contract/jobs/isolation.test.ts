import { ownerOf, uploadsPrefix } from '@bedrock-functions/runtime/core'
import { findJob } from '@bedrock-functions/runtime/jobs'
import { MARENGO, textInput } from '../bedrock-emulator/async-support.ts'
import { createFunctions } from './support/functions.ts'
import { CALLER, OTHER_CALLER, OTHER_OWNER, OWNER, start } from './support/orders.ts'
import { run } from './support/recover.ts'
import { ARN_PREFIX, NOVA, OTHER_BUCKET, type Services, type Stack, startServices } from './support/start-services.ts'

let services: Services
let stack: Stack
let functions: ReturnType<typeof createFunctions>

beforeAll(async () => {
  services = await startServices({ stacks: 60 })
})
beforeEach(() => {
  stack = services.createStack()
  functions = createFunctions(stack)
})
afterAll(() => services.close())

const converse = { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }

/** Returns what a caller sees, without parts that always differ. */
async function refusalOf(call: Promise<unknown>, arn: string) {
  const error = await call.then(
    () => undefined,
    (failure) => failure,
  )
  return { name: error?.name, statusCode: error?.statusCode, message: error?.message.replace(arn, 'ARN') }
}

test("another caller's job looks like a missing one, whether it runs, has ended or is Bedrock's", async () => {
  const unknown = `${ARN_PREFIX}:async-invoke/mi5abcde0xyz`
  const nobody = await refusalOf(functions.get(unknown), unknown)
  expect(nobody).toMatchObject({ name: 'ValidationException', statusCode: 400 })
  const own = await functions.start({ modelId: NOVA, input: { converse } })
  const bedrocks = await functions.start({ modelId: MARENGO, modelInput: textInput('a dog') })
  for (const { invocationArn } of [own, bedrocks]) {
    await expect(functions.get(invocationArn)).resolves.toMatchObject({ invocationArn })
    expect(await refusalOf(functions.get(invocationArn, OTHER_CALLER), invocationArn)).toEqual(nobody)
  }
  await run(stack, { owner: OWNER, id: own.invocationArn.split('/')[1] ?? '' })
  await expect(functions.get(own.invocationArn)).resolves.toMatchObject({ status: 'Completed' })
  expect(await refusalOf(functions.get(own.invocationArn, OTHER_CALLER), own.invocationArn)).toEqual(nobody)
  await expect(functions.list({}, OTHER_CALLER)).resolves.toEqual({ asyncInvokeSummaries: [] })
})

test('the id finds the same job as the ARN, for its owner only', async () => {
  const own = await functions.start({ modelId: NOVA, input: { converse } })
  const atBedrock = await functions.start({ modelId: MARENGO, modelInput: textInput('a dog') })
  for (const { invocationArn } of [own, atBedrock]) {
    const id = invocationArn.split('/')[1] ?? ''
    await expect(functions.get(id)).resolves.toMatchObject({ invocationArn })
    await expect(functions.get(id, OTHER_CALLER)).rejects.toThrow(`No invocation is found for ${id}.`)
  }
})

test('our own id of an invocation that Bedrock runs is not an ARN of it', async () => {
  await functions.start({ modelId: MARENGO, modelInput: textInput('a dog') })
  const [open = ''] = await stack.keys('open/')
  const id = /open\/(.*)~/.exec(open)?.[1]
  await expect(functions.get(`${ARN_PREFIX}:async-invoke/${id}`)).rejects.toMatchObject({ name: 'ValidationException' })
})

test.each([
  [''],
  ['mi5abcde0xy'],
  ['MI5ABCDE0XYZ'],
  ['../../other0'],
  [':async-invoke/mi5abcde0xyz'],
  [`${ARN_PREFIX}:async-invoke/`],
  [`${ARN_PREFIX}:async-invoke/../../other`],
  [`${ARN_PREFIX}:async-invoke/..%2f..%2fx`],
  [`${ARN_PREFIX}:async-invoke/mi5abcde0xy`],
  [`${ARN_PREFIX}:async-invoke/mi5abcde0xyzz`],
  [`${ARN_PREFIX}:async-invoke/MI5ABCDE0XYZ`],
  [`${ARN_PREFIX}:async-invoke/mi5abcde0xyz\n`],
  [`${ARN_PREFIX}:async-invoke/mi5abcde0xyz/`],
  [`${ARN_PREFIX}:async-invoke/mi5abcde\u00000xy`],
  [`${ARN_PREFIX}:async-invoke/x:async-invoke/mi5abcde0xyz`],
  [`${ARN_PREFIX}:model-invocation-job/mi5abcde0xyz`],
  ['arn:aws:bedrock:us-east-1:999999999999:async-invoke/mi5abcde0xyz'],
  ['arn:aws:bedrock:eu-west-1:123456789012:async-invoke/mi5abcde0xyz'],
])('%j is refused before S3 is asked', async (arn) => {
  const before = stack.s3Requests.length
  await expect(findJob(stack.store, stack.configuration, OWNER, arn)).rejects.toMatchObject({
    name: 'ValidationException',
  })
  expect(stack.s3Requests).toHaveLength(before)
})

describe('uploads', () => {
  async function upload(caller: string, text: string): Promise<string> {
    const ticket = await functions.upload({ contentType: 'application/json' }, caller)
    const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] })
    const answer = await fetch(ticket.url, { method: ticket.method, headers: ticket.headers, body })
    expect(answer.status).toBe(200)
    return ticket.s3Uri
  }
  const asked = (uri: string) => ({ modelId: NOVA, input: { converse: { s3Location: { uri } } } })

  test("are the whole input of their own caller's job", async () => {
    const uri = await upload(CALLER, '[emulator:say=Uploaded]')
    expect(uri).toContain(uploadsPrefix(OWNER))
    const { invocationArn } = await functions.start(asked(uri))
    await run(stack, { owner: OWNER, id: invocationArn.split('/')[1] ?? '' })
    const { outputs } = await functions.get(invocationArn)
    const answer = await fetch(outputs[0].url)
    expect(await answer.text()).toContain('Uploaded')
  })

  test('of others and other objects are refused, and nothing is written', async () => {
    const theirs = await upload(OTHER_CALLER, 'Secret')
    const job = await start(stack, 'x'.repeat(10_000))
    const before = await stack.keys()
    const { bucket } = stack.store
    const key = theirs.slice(`s3://${bucket}/`.length)
    const places = [
      theirs,
      `s3://${bucket}/uploads/${OWNER}/../${OTHER_OWNER}/${key.split('/').at(-1)}`,
      `s3://${bucket}/uploads/${OWNER}/%2e%2e/${OTHER_OWNER}/x`,
      `s3://${bucket}/uploads/${OWNER}-2/x`,
      `s3://${bucket}/uploads/${OWNER}`,
      `s3://${bucket}/jobs/${job.owner}/x/input`,
      `s3://${bucket}/output/${OWNER}/x/output.json`,
      `s3://${OTHER_BUCKET}/uploads/${OWNER}/x`,
      `s3://${OTHER_BUCKET}/allowed/x`,
      `https://${bucket}/uploads/${OWNER}/x`,
    ]
    for (const uri of places) {
      await expect(functions.start(asked(uri))).rejects.toMatchObject({
        name: expect.stringMatching(/^(AccessDenied|Validation)Exception$/),
      })
    }
    expect(await stack.keys()).toEqual(before)
  })

  test('that do not exist are refused', async () => {
    const { s3Uri } = await functions.upload({})
    await expect(functions.start(asked(s3Uri))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('names an upload that does not exist'),
    })
  })

  test.each([
    [{ contentType: 'no media type' }],
    [{ contentType: 'a/b\r\nx: y' }],
    [{ contentType: 7 }],
    [{ contentLength: -1 }],
    [{ contentLength: 1.5 }],
    [{ contentLength: '7' }],
    [{ contentLength: 6 * 1024 ** 3 }],
  ])('are refused for %j', async (body) => {
    await expect(functions.upload(body)).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

test.each([
  ['another bucket', `s3://${OTHER_BUCKET}/x`, 'AccessDeniedException'],
  ['a prefix that looks alike', `s3://${OTHER_BUCKET}/allowed-2`, 'AccessDeniedException'],
  ['steps up', `s3://${OTHER_BUCKET}/allowed/../x`, 'ValidationException'],
  ['encoded steps', `s3://${OTHER_BUCKET}/allowed/%2e%2e/x`, 'ValidationException'],
  ['no place', 'results/allowed', 'ValidationException'],
])('an output in %s is refused before any call or write', async (_, s3Uri, name) => {
  const outputDataConfig = { s3OutputDataConfig: { s3Uri } }
  for (const request of [
    { modelId: NOVA, input: { converse } },
    { modelId: MARENGO, modelInput: textInput('a dog') },
  ]) {
    await expect(functions.start({ ...request, outputDataConfig })).rejects.toMatchObject({ name })
  }
  expect(await stack.keys()).toEqual([])
  expect(stack.calls).toEqual([])
})

test('two tenants whose requests are mixed in one process get their own answers', async () => {
  const callers = [CALLER, OTHER_CALLER]
  const started = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const caller = callers[index % 2] ?? ''
      const text = `[emulator:say=${index % 2 === 0 ? 'even' : 'odd'}]`
      const messages = [{ role: 'user', content: [{ text }] }]
      // All of them have the same token, too.
      const asked = { modelId: NOVA, input: { converse: { messages } }, clientRequestToken: `token-${index >> 1}` }
      const { invocationArn } = await functions.start(asked, caller)
      await run(stack, { owner: ownerOf(caller), id: invocationArn.split('/')[1] ?? '' })
      return { caller, invocationArn, text }
    }),
  )
  for (const { caller, invocationArn } of started) {
    const { outputs, status } = await functions.get(invocationArn, caller)
    expect(status).toBe('Completed')
    const own = caller === CALLER ? 'even' : 'odd'
    expect(await (await fetch(outputs[0].url)).text()).toContain(`"${own}"`)
    const [other = ''] = callers.filter((candidate) => candidate !== caller)
    await expect(functions.get(invocationArn, other)).rejects.toMatchObject({ name: 'ValidationException' })
  }
})

test('a request that is nested too deeply is refused', async () => {
  const nested = JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`)
  await expect(functions.start({ modelId: NOVA, modelInput: { nested } })).rejects.toMatchObject({
    name: 'ValidationException',
  })
})
