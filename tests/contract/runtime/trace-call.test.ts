import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Segment document that the X-Ray daemon gets after a header line. */
interface Subsegment {
  readonly name: string
  readonly trace_id: string
  readonly parent_id: string
  readonly annotations: Record<string, unknown>
  readonly fault?: boolean
  readonly error?: boolean
}

const TRACE = 'Root=1-6920f000-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled='

async function startDaemon() {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async receive(): Promise<Subsegment> {
      const [message] = (await once(socket, 'message')) as [Buffer]
      return JSON.parse(message.toString().split('\n')[1] ?? '')
    },
    close: () => socket.close(),
  }
}

const before = { ...process.env }
beforeEach(() => jest.resetModules())
afterEach(() => {
  process.env = { ...before }
})

test('a sampled invocation sends a subsegment with the facts of its call, failed ones too', async () => {
  const daemon = await startDaemon()
  Object.assign(process.env, {
    AWS_XRAY_DAEMON_ADDRESS: daemon.address,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    LAMBDA_TASK_ROOT: '/var/task',
    _X_AMZN_TRACE_ID: `${TRACE}1`,
  })
  const { traceCall } = await import('@bedrock-functions/runtime/core/logging')
  const received = daemon.receive()
  await expect(
    traceCall(
      'Converse',
      async () => 'answer',
      () => ({ modelId: 'x', attempts: 2 }),
    ),
  ).resolves.toBe('answer')
  expect(await received).toMatchObject({
    name: 'Converse',
    trace_id: '1-6920f000-0123456789abcdef01234567',
    annotations: {
      modelId: 'x',
      attempts: 2,
      gen_ai_operation_name: 'chat',
      gen_ai_provider_name: 'aws.bedrock',
      gen_ai_request_model: 'x',
    },
  })

  const receivedFailure = daemon.receive()
  const failing = traceCall(
    'Converse',
    () => Promise.reject(new Error('no')),
    () => ({}),
  )
  await expect(failing).rejects.toThrow('no')
  expect(await receivedFailure).toMatchObject({ name: 'Converse', error: true })
  daemon.close()
})

test('an invocation that is not sampled does not load the tracer', async () => {
  process.env._X_AMZN_TRACE_ID = `${TRACE}0`
  jest.doMock('@aws-lambda-powertools/tracer', () => {
    throw new Error('loaded')
  })
  const { traceCall } = await import('@bedrock-functions/runtime/core/logging')
  await expect(
    traceCall(
      'Converse',
      async () => 'answer',
      () => ({}),
    ),
  ).resolves.toBe('answer')
})
