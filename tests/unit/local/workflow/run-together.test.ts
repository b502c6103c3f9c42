import { runTogether } from '../../../../local/workflow/states/run-together.ts'

const never = new AbortController().signal
const value = (result: number) => async () => result

test('results are in the order of the tasks', async () => {
  const late = () => new Promise<number>((resolve) => setImmediate(() => resolve(1)))
  expect(await runTogether([late, value(2), late, value(4)], 2, never)).toEqual([1, 2, 1, 4])
  expect(await runTogether([], 5, never)).toEqual([])
})

test('the first failure stops the tasks that run, and no other begins', async () => {
  const began: string[] = []
  const running = (signal: AbortSignal) => {
    began.push('running')
    return new Promise<number>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  }
  const failing = async () => {
    began.push('failing')
    throw new Error('first')
  }
  const later = async () => {
    began.push('later')
    return 1
  }
  await expect(runTogether([running, failing, later], 2, never)).rejects.toThrow('first')
  expect(began).toEqual(['running', 'failing'])
})

test('a signal that has aborted is no empty result', async () => {
  await expect(runTogether([value(1)], 1, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
})
