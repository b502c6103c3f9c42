import { findDeadline, startDeadline } from '../../../layers/runtime/src/http/deadline.ts'
import type { FunctionRequest } from '../../../layers/runtime/src/http/route.ts'

const limits = { lambdaRemainingMs: 300_000, requestTimeoutMs: 285_000, now: Date.UTC(2026, 10, 21, 12, 0, 0) }

function requestWith(headers: Record<string, string>): FunctionRequest {
  return {
    method: 'POST',
    segments: [],
    query: {},
    headers,
    body: new Uint8Array(),
    source: 'rest-api',
    caller: undefined,
  }
}

test.each([
  ['the stack', {}, {}, 285_000, 'RequestTimeoutSeconds'],
  ['Lambda', {}, { lambdaRemainingMs: 20_000 }, 19_500, "function's own"],
  ['an AWS SDK', { 'amz-sdk-request': 'ttl=20261121T120010Z; attempt=2; max=3' }, {}, 9500, 'amz-sdk-request'],
  ['an AWS SDK that tells none', { 'amz-sdk-request': 'attempt=1; max=3' }, {}, 285_000, 'RequestTimeoutSeconds'],
  ['the Anthropic SDK', { 'x-stainless-timeout': '60' }, {}, 59_500, 'x-stainless-timeout'],
  ['any client', { 'x-request-timeout-ms': '1500' }, {}, 1350, 'x-request-timeout-ms, 1500 ms'],
  ['a client with a short limit', { 'x-request-timeout-ms': '10' }, {}, 9, 'x-request-timeout-ms, 10 ms'],
  ['an Anthropic SDK without one', { 'x-stainless-timeout': '0' }, {}, 285_000, 'RequestTimeoutSeconds'],
])('the first limit is that of %s', (_, headers, changes, afterMs, limit) => {
  const deadline = findDeadline(requestWith(headers), { ...limits, ...changes })
  expect(deadline.afterMs).toBe(afterMs)
  expect(deadline.limit).toContain(limit)
})

test('a call ends with ModelTimeoutException that names time and limit and is not retried by clients', async () => {
  jest.useFakeTimers()
  try {
    const { signal } = startDeadline({ afterMs: 1500, limit: 'a test' })
    jest.advanceTimersByTime(1499)
    expect(signal.aborted).toBe(false)
    jest.advanceTimersByTime(1)
    expect(signal.reason).toMatchObject({
      name: 'ModelTimeoutException',
      statusCode: 408,
      message: 'The model did not answer in time: the limit is a test.',
    })
  } finally {
    jest.useRealTimers()
  }
})

test.each(['soon', '0', '-5', '1.5', ''])('x-request-timeout-ms: %s is refused', (value) => {
  expect(() => findDeadline(requestWith({ 'x-request-timeout-ms': value }), limits)).toThrow(
    expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining(`"${value}"`) }),
  )
})

test('a deadline that has passed makes no call', () => {
  const ttl = { 'amz-sdk-request': 'ttl=20261121T115959Z; attempt=1; max=3' }
  expect(() => startDeadline(findDeadline(requestWith(ttl), limits))).toThrow(
    expect.objectContaining({ name: 'ModelTimeoutException', message: expect.stringContaining('-1000 ms') }),
  )
})

test('a stopped deadline ends nothing', () => {
  jest.useFakeTimers()
  try {
    const deadline = startDeadline({ afterMs: 10, limit: 'a test' })
    deadline.stop()
    jest.advanceTimersByTime(100)
    expect(deadline.signal.aborted).toBe(false)
  } finally {
    jest.useRealTimers()
  }
})
