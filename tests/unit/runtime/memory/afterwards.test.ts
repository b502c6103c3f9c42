import { logger } from '@bedrock-functions/runtime/core/logging'
import { createDeferredWork } from '../../../../layers/runtime/src/http/serve.ts'

const logged = jest.spyOn(logger, 'error').mockImplementation(() => {})

afterEach(() => logged.mockClear())
afterAll(() => logged.mockRestore())

test('deferred work is done once and concurrently when it is settled', async () => {
  const work = createDeferredWork()
  const done: string[] = []
  let release = () => {}
  work.defer(
    'First',
    () =>
      new Promise((resolve) => {
        release = resolve
      }),
  )
  work.defer('Second', async () => {
    done.push('second')
    release()
  })
  expect(done).toEqual([])
  await work.settle(60_000)
  await work.settle(60_000)
  expect(done).toEqual(['second'])
  expect(logged).not.toHaveBeenCalled()
})

test('a failure is logged by its kind without its message and does not throw', async () => {
  const work = createDeferredWork()
  const done: string[] = []
  work.defer('ActivityLog', () => Promise.reject(Object.assign(new TypeError('the prompt'), { code: 'EPIPE' })))
  work.defer('Thrown', () => {
    throw new Error('at once')
  })
  work.defer('Other', async () => {
    done.push('other')
  })
  await work.settle(60_000)
  expect(done).toEqual(['other'])
  expect(logged.mock.calls).toEqual([
    ['Thrown failed', { causeName: 'Error' }],
    ['ActivityLog failed', { causeName: 'TypeError', causeCode: 'EPIPE' }],
  ])
})

test('work that takes too long is abandoned', async () => {
  const work = createDeferredWork()
  work.defer('Endless', () => new Promise(() => {}))
  await work.settle(0)
  expect(logged.mock.calls).toEqual([['Endless failed', { causeName: 'TimeoutError' }]])
})
