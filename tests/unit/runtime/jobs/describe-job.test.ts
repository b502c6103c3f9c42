import { describeJob, type Job, type JobEnd, type JobRequest } from '@bedrock-functions/runtime/jobs'

const configuration = {
  bucket: 'jobs-bucket',
  arnPrefix: 'arn:aws:bedrock:us-east-1:123456789012',
  outputLocations: [],
  eventBusName: 'default',
  maxAttempts: 12,
  maxAgeMs: 86_400_000,
  eventCaller: 'events',
  defaultModelId: 'default-model',
  logErrorMessages: false,
  inboxPrompt: 'What is it?',
}

const request: JobRequest = {
  id: 'mi5abcde0xyz',
  owner: '0'.repeat(32),
  caller: 'somebody',
  kind: 'converse',
  modelId: 'us.amazon.nova-lite-v1:0',
  input: { text: 'a prompt' },
  headers: { 'x-amzn-bedrock-trace': 'ENABLED' },
  output: { s3Uri: 's3://jobs-bucket/output/x', kmsKeyId: 'key' },
  clientRequestToken: 'token',
  requestHash: 'hash',
  submitTime: '2026-11-21T12:00:00.000Z',
}
const completed: JobEnd = {
  status: 'Completed',
  endTime: '2026-11-21T12:00:05.000Z',
  outputs: ['output/x/output.json'],
  usage: { inputTokens: 3 },
  attempts: 1,
}
const describe_ = (changes: Partial<JobRequest> = {}, end?: JobEnd) =>
  describeJob({ request: { ...request, ...changes }, end } satisfies Job, configuration)

const begun = {
  invocationArn: 'arn:aws:bedrock:us-east-1:123456789012:async-invoke/mi5abcde0xyz',
  modelArn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
  clientRequestToken: 'token',
  status: 'InProgress',
  submitTime: '2026-11-21T12:00:00.000Z',
  lastModifiedTime: '2026-11-21T12:00:00.000Z',
  outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://jobs-bucket/output/x/mi5abcde0xyz', kmsKeyId: 'key' } },
}

test("a job in progress has no end and only members of Bedrock's API", () => {
  expect(describe_()).toEqual(begun)
})

test('a job that has completed has its end time', () => {
  const { endTime } = completed
  expect(describe_({}, completed)).toEqual({ ...begun, status: 'Completed', endTime, lastModifiedTime: endTime })
})

test('a job that has failed has its reason, in 2,048 characters', () => {
  const failure = { type: 'ModelErrorException', message: 'm'.repeat(3000), statusCode: 424, retryable: false }
  const end: JobEnd = { ...completed, status: 'Failed', outputs: [], failure }
  expect(describe_({}, end)).toMatchObject({ status: 'Failed', failureMessage: 'm'.repeat(2048) })
})

test('a missing token is left out', () => {
  const { clientRequestToken: _, ...without } = request
  expect(describeJob({ request: without, end: undefined }, configuration)).not.toHaveProperty('clientRequestToken')
})

test("an invocation that Bedrock runs has Bedrock's ARN and folder", () => {
  const bedrockArn = 'arn:aws:bedrock:us-east-1:123456789012:async-invoke/abcdefghijkl'
  expect(describe_({ kind: 'bedrock', bedrockArn })).toMatchObject({
    invocationArn: bedrockArn,
    outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://jobs-bucket/output/x/abcdefghijkl' } },
  })
})

const OWN = 'arn:aws:bedrock:us-east-1:123456789012'

test.each([
  ['amazon.titan-embed-text-v2:0', 'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0'],
  ['global.anthropic.claude-x', 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-x'],
  [
    `${OWN}:inference-profile/eu.amazon.nova-lite-v1:0`,
    'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
  ],
  [`${OWN}:application-inference-profile/a1`, `${OWN}:application-inference-profile/a1`],
  [`${OWN}:provisioned-model/p1`, `${OWN}:provisioned-model/p1`],
  ['arn:aws:bedrock:us-east-1::foundation-model/x.y', 'arn:aws:bedrock:us-east-1::foundation-model/x.y'],
])('%s has the model ARN %s', (modelId, modelArn) => {
  expect(describe_({ modelId }).modelArn).toBe(modelArn)
})
