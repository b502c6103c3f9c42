import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DirectoryLock, lockDirectory } from '../../storage/directory-lock.ts'
import { Journal } from '../../storage/journal.ts'
import type { Invocation, InvocationEnd } from './invocation.ts'

/** The journal is rewritten when it has 1.5 times the needed records plus these. */
const SPARE_RECORDS = 1_000

/** An invocation before the store adds its sequence and times. */
export type InvocationDraft = Omit<Invocation, 'sequence' | 'submitTime' | 'lastModifiedTime' | 'status'>

/**
 * All invocations, in memory and, with a directory, in a journal with a line for each state, of which the last one counts.
 * A change survives a crash once its method has returned.
 */
export class InvocationStore {
  readonly #byArn = new Map<string, Invocation>()
  readonly #byToken = new Map<string, Invocation>()
  #journal: Journal<Invocation> | undefined
  #lock: DirectoryLock | undefined
  #lastSequence = 0
  #lastTime = 0

  /** DirectoryInUseError when another process has the directory, JournalError for a damaged journal. */
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

  /** Invocations in order of submission. */
  get all(): readonly Invocation[] {
    return [...this.#byArn.values()]
  }

  find(invocationArn: string): Invocation | undefined {
    return this.#byArn.get(invocationArn)
  }

  findByToken(clientRequestToken: string): Invocation | undefined {
    return this.#byToken.get(clientRequestToken)
  }

  /** Adds an invocation, InProgress since `time`, or since the last one's time when the clock was set back. */
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

  /** Ends an invocation. One that has ended does not change. */
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
