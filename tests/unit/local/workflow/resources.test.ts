import { parseExactly } from '@bedrock-functions/runtime/json'
import { FunctionError, FunctionNotFoundError, RequestTooLargeError } from '../../../../local/lambda/errors.ts'
import { createResources } from '../../../../local/workflow/resources/create-resources.ts'
import { createLambdaInvoke } from '../../../../local/workflow/resources/lambda-invoke.ts'
import { toSdkSpelling, toStatesSpelling } from '../../../../local/workflow/resources/spelling.ts'

const call = (answer: () => Promise<string>, FunctionName: unknown = 'Greet') => {
  const names: string[] = []
  const invoke = createLambdaInvoke(async (name, payload) => {
    names.push(`${name} ${payload.toString()}`)
    return { payload: Buffer.from(await answer()) }
  })
  return { names, result: invoke({ FunctionName, Payload: { a: 1 } }) }
}

test.each([
  'Greet',
  'arn:aws:lambda:us-east-1:123456789012:function:Greet',
  'arn:aws:lambda:us-east-1:1:function:Greet:live',
])('lambda:invoke of %s calls the function', async (functionName) => {
  const { names, result } = call(async () => '{"text":"hello"}', functionName)
  expect(await result).toEqual({ ExecutedVersion: '$LATEST', Payload: { text: 'hello' }, StatusCode: 200 })
  expect(names).toEqual(['Greet {"a":1}'])
})

test.each<[string, Error]>([
  ['ThrottlingException', new FunctionError('ThrottlingException', 'slow down')],
  ['Sandbox.Timedout', new FunctionError('Sandbox.Timedout', 'Task timed out')],
  ['Lambda.ResourceNotFoundException', new FunctionNotFoundError('Greet')],
  ['Lambda.RequestTooLargeException', new RequestTooLargeError()],
  ['Lambda.ServiceException', new Error('broken')],
])('a failing Lambda is the error %s', async (name, error) => {
  const { result } = call(() => Promise.reject(error))
  await expect(result).rejects.toMatchObject({ name, isTerminal: false })
})

test("a function's own failure has Lambda's document as its cause", async () => {
  const { result } = call(() => Promise.reject(new FunctionError('ThrottlingException', 'slow down')))
  const cause = await result.catch((error: Error) => error.message)
  expect(JSON.parse(String(cause))).toEqual({ errorType: 'ThrottlingException', errorMessage: 'slow down', trace: [] })
})

test('an answer that is not JSON fails with an error that no Catch handles', async () => {
  await expect(call(async () => 'text').result).rejects.toMatchObject({ name: 'States.Runtime', isTerminal: true })
})

test('members have the names of Step Functions and of the SDK at every level', () => {
  const states = { GuardrailIdentifier: 'a', Content: [{ Text: { Text: 'Hi' } }] }
  const sdk = { guardrailIdentifier: 'a', content: [{ text: { text: 'Hi' } }] }
  expect(toSdkSpelling(states)).toEqual(sdk)
  expect(toStatesSpelling({ ...sdk, missing: undefined })).toEqual(states)
})

test('numbers of a document are JavaScript numbers for the SDK', () => {
  expect(toSdkSpelling(parseExactly('{"Max":10.0,"List":[9007199254740993]}'))).toEqual({
    max: 10,
    list: [9_007_199_254_740_992],
  })
})

describe('without an S3, and with a Bedrock that does not answer', () => {
  const resources = createResources({
    invoke: async () => ({ payload: Buffer.from('') }),
    // No server listens on the port of the discard protocol.
    bedrock: { endpoint: 'http://127.0.0.1:9' },
    s3: undefined,
    region: 'us-east-1',
  })
  afterAll(() => resources.close())
  const run = (resource: keyof typeof resources.served, parameters = {}) => resources.served[resource](parameters)

  test('tasks of S3 fail with the reason', async () => {
    await expect(run('arn:aws:states:::aws-sdk:s3:getObject')).rejects.toMatchObject({ name: 'S3.S3Exception' })
    const Input = { S3Uri: 's3://bucket/key' }
    const sent = run('arn:aws:states:::bedrock:invokeModel', { ModelId: 'a', Input })
    await expect(sent).rejects.toThrow('no S3')
  })

  test.each([
    {},
    { Body: {}, Input: { S3Uri: 's3://b/k' } },
    { Input: { S3Uri: 'https://b/k' } },
    { Body: 'x'.repeat(262_144) },
  ])('a malformed invokeModel is Bedrock.ValidationException', async (parameters) => {
    const sent = run('arn:aws:states:::bedrock:invokeModel', { ModelId: 'a', ...parameters })
    await expect(sent).rejects.toMatchObject({ name: 'Bedrock.ValidationException' })
  })

  test('a failed connection is an SdkClientException with the name of the integration', async () => {
    await expect(run('arn:aws:states:::bedrock:invokeModel', { ModelId: 'a', Body: {} })).rejects.toMatchObject({
      name: 'Bedrock.SdkClientException',
    })
    const guardrail = { GuardrailIdentifier: 'a', GuardrailVersion: '1', Source: 'INPUT', Content: [] }
    await expect(run('arn:aws:states:::aws-sdk:bedrockruntime:applyGuardrail', guardrail)).rejects.toMatchObject({
      name: 'BedrockRuntime.SdkClientException',
    })
  })
})
