import { type FunctionError, InvocationAbandonedError, TooManyRequestsError } from './errors.ts'
import type { Invocation } from './invocation.ts'
import { QUEUE_LIMIT } from './limits.ts'
import type { SandboxDirectory } from './sandbox-directory.ts'
import type { Worker, WorkerOptions } from './worker.ts'
import type { WorkerBudget } from './worker-budget.ts'

export type WorkerCallbacks = Pick<WorkerOptions, 'onIdle' | 'onInitFailed' | 'onGone'>

export interface WorkerPoolOptions {
  readonly sandbox: SandboxDirectory
  readonly startWorker: (sandbox: SandboxDirectory, callbacks: WorkerCallbacks) => Worker
  /** Most workers of this function. */
  readonly maxWorkers: number
  /** Limit of the workers of all functions. */
  readonly budget: WorkerBudget
  /** Time without work after which a worker is ended. */
  readonly idleMs: number
  /** An init failed for which no invocation waited. */
  readonly onInitFailed: (error: FunctionError) => void
}

/** Workers of one function, and the invocations that wait. */
export interface WorkerPool {
  /** Runs an invocation on an idle worker or a new one, or in turn. `signal` cancels it while it waits. */
  submit(invocation: Invocation, signal?: AbortSignal): void
  /** Starts a worker ahead of the first invocation. */
  warm(): void
  /** Later invocations run from `sandbox`; running ones end on their old workers. */
  replaceSandbox(sandbox: SandboxDirectory): void
  /** Kills all workers, rejects waiting invocations and removes the sandboxes. */
  close(): Promise<void>
}

interface Generation {
  readonly sandbox: SandboxDirectory
  readonly workers: Map<Worker, 'starting' | 'idle' | 'busy'>
}

export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  let current: Generation = { sandbox: options.sandbox, workers: new Map() }
  const generations = new Set([current])
  /** Idle workers of the current generation, the last used one last. */
  const idle: Worker[] = []
  const idleTimers = new Map<Worker, NodeJS.Timeout>()
  const queue: Invocation[] = []
  const removals: Promise<void>[] = []
  let closed: PromiseWithResolvers<void> | undefined

  const workerCount = () => [...generations].reduce((sum, { workers }) => sum + workers.size, 0)
  const startingCount = () => [...current.workers.values()].filter((state) => state === 'starting').length

  /** `justStarted`: the worker had no invocation yet, so its first one waited for its start. */
  function dispatch(justStarted?: Worker): void {
    while (queue.length > 0 && idle.length > 0) run(takeIdle(), queue.shift(), justStarted)
    while (startingCount() < queue.length && mayStart()) start()
  }

  function mayStart(): boolean {
    return workerCount() < options.maxWorkers && share.take()
  }

  function takeIdle(): Worker | undefined {
    const worker = idle.pop()
    if (worker) stopIdleTimer(worker)
    return worker
  }

  function run(worker: Worker | undefined, invocation: Invocation | undefined, justStarted: Worker | undefined): void {
    if (!worker || !invocation) return
    current.workers.set(worker, 'busy')
    worker.run(invocation, worker === justStarted)
  }

  function start(): void {
    const generation = current
    const worker = options.startWorker(generation.sandbox, {
      onIdle: (ready) => {
        const isStart = generation.workers.get(ready) === 'starting'
        const mustEnd = generation !== current || closed || (!isStart && queue.length > 0 && share.mustMakeWay())
        if (mustEnd) ready.kill()
        else rest(ready)
        dispatch(isStart ? ready : undefined)
        if (idle.length > 0) share.noteIdle()
      },
      onInitFailed: (error) => {
        if (generation !== current || closed) return
        // Each start is for one waiting invocation; without one it was a warm-up.
        const invocation = queue.shift()
        if (invocation) invocation.fail(error)
        else options.onInitFailed(error)
      },
      onGone: (ended) => forget(generation, ended),
    })
    generation.workers.set(worker, 'starting')
  }

  function rest(worker: Worker): void {
    current.workers.set(worker, 'idle')
    idle.push(worker)
    const timer = setTimeout(() => {
      withdraw(worker)
      worker.kill()
    }, options.idleMs)
    timer.unref()
    idleTimers.set(worker, timer)
  }

  function stopIdleTimer(worker: Worker): void {
    clearTimeout(idleTimers.get(worker))
    idleTimers.delete(worker)
  }

  /** Removes a worker from those that may get invocations. */
  function withdraw(worker: Worker): void {
    stopIdleTimer(worker)
    const position = idle.indexOf(worker)
    if (position >= 0) idle.splice(position, 1)
  }

  function forget(generation: Generation, worker: Worker): void {
    withdraw(worker)
    generation.workers.delete(worker)
    dropIfEmpty(generation)
    // This function is also told of the room.
    share.giveBack()
  }

  function dropIfEmpty(generation: Generation): void {
    if (generation.workers.size > 0 || (generation === current && !closed)) return
    if (!generations.delete(generation)) return
    removals.push(generation.sandbox.remove())
    if (generations.size === 0) closed?.resolve()
  }

  const share = options.budget.join({
    isShort: () => !closed && queue.length > startingCount(),
    giveUpIdleWorker() {
      const [leastRecent] = idle
      if (!leastRecent) return false
      withdraw(leastRecent)
      leastRecent.kill()
      return true
    },
    onRoom() {
      if (!closed) dispatch()
    },
  })

  return {
    submit(invocation, signal) {
      // An aborted signal sends no event.
      if (signal?.aborted) {
        invocation.fail(new InvocationAbandonedError())
        return
      }
      if (queue.length >= QUEUE_LIMIT) {
        invocation.fail(new TooManyRequestsError())
        return
      }
      queue.push(invocation)
      signal?.addEventListener('abort', () => {
        const position = queue.indexOf(invocation)
        if (position < 0) return
        queue.splice(position, 1)
        invocation.fail(new InvocationAbandonedError())
      })
      dispatch()
    },
    warm() {
      if (!closed && current.workers.size === 0 && mayStart()) start()
    },
    replaceSandbox(sandbox) {
      if (closed) {
        removals.push(sandbox.remove())
        return
      }
      const old = current
      current = { sandbox, workers: new Map() }
      generations.add(current)
      idle.length = 0
      for (const [worker, state] of old.workers) if (state !== 'busy') worker.kill()
      dropIfEmpty(old)
      dispatch()
    },
    async close() {
      closed ??= Promise.withResolvers<void>()
      for (const invocation of queue.splice(0)) invocation.fail(new InvocationAbandonedError())
      for (const generation of generations) {
        for (const worker of generation.workers.keys()) worker.kill()
        dropIfEmpty(generation)
      }
      await closed.promise
      await Promise.all(removals)
    },
  }
}
