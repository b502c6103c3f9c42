import { InvocationAbandonedError } from '../../../../local/lambda/errors.ts'
import { createInvocation } from '../../../../local/lambda/invocation.ts'
import type { Worker } from '../../../../local/lambda/worker.ts'
import { createWorkerBudget } from '../../../../local/lambda/worker-budget.ts'
import { createWorkerPool } from '../../../../local/lambda/worker-pool.ts'

/** Creates a pool whose workers never become ready; `started` counts them. */
function createSlowPool() {
  let started = 0
  const pool = createWorkerPool({
    sandbox: { taskDirectory: '/', optDirectory: '/', remove: async () => {} },
    startWorker(_sandbox, { onGone }) {
      started += 1
      const worker: Worker = { run: () => {}, kill: () => onGone(worker) }
      return worker
    },
    maxWorkers: 1,
    budget: createWorkerBudget(1),
    idleMs: 1_000,
    onInitFailed: () => {},
  })
  return { pool, started: () => started }
}

test('an invocation whose signal is already aborted is abandoned and starts no worker', async () => {
  const { pool, started } = createSlowPool()
  const invocation = createInvocation(Buffer.from('{}'), { isStreamed: false })

  pool.submit(invocation, AbortSignal.abort())

  await expect(invocation.response).rejects.toThrow(InvocationAbandonedError)
  expect(started()).toBe(0)
  await pool.close()
})

test('an invocation whose signal is aborted while it waits for a worker is abandoned', async () => {
  const { pool, started } = createSlowPool()
  const invocation = createInvocation(Buffer.from('{}'), { isStreamed: false })
  const caller = new AbortController()

  pool.submit(invocation, caller.signal)
  caller.abort()

  await expect(invocation.response).rejects.toThrow(InvocationAbandonedError)
  expect(started()).toBe(1)
  await pool.close()
})
