import { openPlace } from '../../../scripts/jobs/open-place.ts'
import { type CannedReply, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'

const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:start-event:$LATEST'
const WORKFLOW = 'arn:aws:states:eu-west-1:123456789012:stateMachine:inference'
// A number beyond 2^53 must survive.
const EVENT = '{"id":"e1","source":"shop","detail":{"seed":12345678901234567890}}'

const outputs = (...names: string[]): CannedReply => ({
  statusCode: 200,
  headers: { 'content-type': 'text/xml' },
  body: `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><Outputs>${names
    .map((name) => `<member><OutputKey>${name}</OutputKey><OutputValue>value-of-${name}</OutputValue></member>`)
    .join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
})

const before = { ...process.env }
let server: RecordingServer
afterEach(() => {
  process.env = { ...before }
  server.close()
})

/** Opens a deployed stack whose services are one server. It answers with these replies in turn. */
async function open(...replies: CannedReply[]) {
  server = await startRecordingServer((index) => replies[index])
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: server.url,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
  })
  return openPlace({ kind: 'stack', stack: 'team', region: 'eu-west-1' })
}

test("the outputs of a stack name its bucket and queue, with the shell's credentials", async () => {
  const place = await open(outputs('JobsBucketName', 'JobsDeadLetterQueueUrl'))
  expect(place.store.bucket).toBe('value-of-JobsBucketName')
  expect(place.queueUrl).toBe('value-of-JobsDeadLetterQueueUrl')
  const [asked] = server.requests
  expect(asked?.body).toContain('Action=DescribeStacks')
  expect(asked?.body).toContain('StackName=team')
  expect(asked?.headers.authorization).toContain('/eu-west-1/cloudformation/')
})

test('a stack without the output is refused by name', async () => {
  await expect(open(outputs('ApiUrl'))).rejects.toThrow('The stack team has no output JobsBucketName.')
})

test('an event is repeated at its function asynchronously, with its bytes', async () => {
  const place = await open(outputs('JobsBucketName', 'JobsDeadLetterQueueUrl'), {
    statusCode: 202,
    headers: {},
    body: '',
  })
  await place.deliver(FUNCTION, EVENT)
  const [, invoked] = server.requests
  expect(decodeURIComponent(invoked?.url ?? '')).toBe(`/2015-03-31/functions/${FUNCTION}/invocations`)
  expect(invoked?.headers['x-amz-invocation-type']).toBe('Event')
  expect(invoked?.body).toBe(EVENT)
})

test('an event for the workflow starts it, with the bytes of the event', async () => {
  const place = await open(outputs('JobsBucketName', 'JobsDeadLetterQueueUrl'), {
    statusCode: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: '{"executionArn":"arn:execution","startDate":1}',
  })
  await place.deliver(WORKFLOW, EVENT)
  const [, started] = server.requests
  expect(started?.headers['x-amz-target']).toBe('AWSStepFunctions.StartExecution')
  expect(JSON.parse(started?.body ?? '')).toEqual({ stateMachineArn: WORKFLOW, input: EVENT })
})
