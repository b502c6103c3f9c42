import { readPreference } from '../../../../layers/runtime/src/http/deadline.ts'

test.each([
  ['respond-async', 0],
  ['Respond-Async', 0],
  ['respond-async, wait=10', 10_000],
  ['respond-async,wait=10', 10_000],
  ['respond-async; wait=10', 10_000],
  ['wait=10, respond-async', 10_000],
  ['respond-async, WAIT = 10', 10_000],
  ['respond-async, wait="10"', 10_000],
  ['respond-async, wait=0', 0],
  ['return=minimal, respond-async, handling=lenient, wait=3', 3000],
  // RFC 7240: the first of repeated preferences is used.
  ['respond-async, wait=5, wait=50', 5000],
  ['respond-async, wait=soon', 0],
  ['respond-async, wait=-1', 0],
  ['respond-async, wait=1.5', 0],
  ['respond-async, wait=', 0],
])('%s waits %i ms', (prefer, waitMs) => {
  expect(readPreference(prefer)).toEqual({ waitMs })
})

test('a very long wait is accepted', () => {
  expect(readPreference('respond-async, wait=10000000')?.waitMs).toBe(10_000_000_000)
  expect(readPreference(`respond-async, wait=${'9'.repeat(400)}`)?.waitMs).toBeGreaterThan(1e9)
})

test.each([[undefined], [''], ['wait=10'], ['respond-asynchronously'], ['x-respond-async'], ['return=representation']])(
  '%j has no preference for a job',
  (prefer) => {
    expect(readPreference(prefer)).toBeUndefined()
  },
)
