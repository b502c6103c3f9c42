import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DirectoryLock, lockDirectory } from '../../storage/directory-lock.ts'
import { Journal } from '../../storage/journal.ts'
import type { Invocation, InvocationEnd } from './invocation.ts'

/** The journal is rewritten when it has half as many records more than it needs, and these. */
const SPARE_RECORDS = 1_000

/** What an invocation is before the store has given it its place. */
export type InvocationDraft = Omit<Invocation, 'sequence' | 'submitTime' | 'lastModifiedTime' | 'status'>

/**
 * Every invocation, in memory and, with a directory, in a journal of it: a line for each state, the last one counts. A
 * change is kept however the process ends, once its method has returned.
 */
export class InvocationStore {
  readonly #byArn = new Map<string, Invocation>()
  readonly #byToken = new Map<string, Invocation>()
  #journal: Journal<Invocation> | undefined
  #lock: DirectoryLock | undefined
  #lastSequence = 0
  #lastTime = 0

  /** DirectoryInUseError when another process has the directory, JournalError when what is in it is damaged. */
  static async open(directory: string | undefined): Promise<InvocationStore> {
    const store = new InvocationStore()
    if (directory === undefined) return store
    mkdirSync(directory, { recursive: true })
    const lock = await lockDirectory(directory)
    try {
      store.#journal = Journal.open<Invocation>(join(directory, 'async-invocations.jsonl'), (one) => store.#put(one))
      store.#lock = lock
      store.#rewriteWhenLong()
      return store
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  /** In the order of their submission. */
  get all(): readonly Invocation[] {
    return [...this.#byArn.values()]
  }

  find(invocationArn: string): Invocation | undefined {
    return this.#byArn.get(invocationArn)
  }

  findByToken(clientRequestToken: string): Invocation | undefined {
    return this.#byToken.get(clientRequestToken)
  }

  /** Takes a new one up, InProgress from `time` on or, where the clock was put back, from the last one's time on. */
  add(draft: InvocationDraft, time: number): Invocation {
    const submitTime = Math.max(time, this.#lastTime)
    return this.#commit({
      ...draft,
      sequence: this.#lastSequence + 1,
      submitTime,
      lastModifiedTime: submitTime,
      status: 'InProgress',
    })
  }

  /** An invocation ends once: what has ended already stays as it is. */
  end(invocationArn: string, end: InvocationEnd, time: number): void {
    const invocation = this.#byArn.get(invocationArn)
    if (invocation?.status !== 'InProgress') return
    const { work: _done, ...rest } = invocation
    const endTime = Math.max(time, invocation.submitTime)
    this.#commit({ ...rest, ...end, endTime, lastModifiedTime: endTime })
  }

  async close(): Promise<void> {
    this.#journal?.close()
    await this.#lock?.release()
  }

  #commit(invocation: Invocation): Invocation {
    this.#journal?.append(invocation)
    this.#put(invocation)
    this.#rewriteWhenLong()
    return invocation
  }

  #put(invocation: Invocation): void {
    const { invocationArn, clientRequestToken, sequence, submitTime } = invocation
    this.#byArn.set(invocationArn, invocation)
    if (clientRequestToken !== undefined) this.#byToken.set(clientRequestToken, invocation)
    this.#lastSequence = Math.max(this.#lastSequence, sequence)
    this.#lastTime = Math.max(this.#lastTime, submitTime)
  }

  #rewriteWhenLong(): void {
    if (this.#journal && this.#journal.records > 1.5 * this.#byArn.size + SPARE_RECORDS) {
      this.#journal.rewrite(this.#byArn.values())
    }
  }
}
