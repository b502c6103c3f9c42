import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DirectoryLock, lockDirectory } from './directory-lock.ts'
import { Journal } from './journal.ts'

/** The journal is rewritten when it is longer than twice its compact length and this. */
const SPARE_BYTES = 8 * 1024 * 1024

/** State in memory that the journal makes durable. */
export interface JournalledState<Entry> {
  /** Applies one change. */
  apply(record: Entry): void
  /** Records that rebuild the present state. */
  records(): Iterable<Entry>
}

/** Directory of one process with a journal of a state. The journal's length stays in proportion to the state. */
export class StateJournal<Entry> {
  readonly #state: JournalledState<Entry>
  readonly #journal: Journal<Entry>
  readonly #lock: DirectoryLock
  /** Length after the last rewrite. */
  #compactBytes = 0
  #isOpen = true

  /** Rebuilds `state`. Throws a DirectoryInUseError when another process uses the directory, and a JournalError. */
  static async open<Entry>(directory: string, state: JournalledState<Entry>): Promise<StateJournal<Entry>> {
    mkdirSync(directory, { recursive: true })
    const lock = await lockDirectory(directory)
    try {
      return new StateJournal(directory, state, lock)
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  private constructor(directory: string, state: JournalledState<Entry>, lock: DirectoryLock) {
    this.#state = state
    this.#lock = lock
    this.#journal = Journal.open<Entry>(join(directory, 'journal.jsonl'), (record) => state.apply(record))
    this.#rewrite()
  }

  /** Makes a change durable and applies it. Throws when the disk is full; nothing is changed then. */
  commit(record: Entry): void {
    if (!this.#isOpen) throw new Error('the journal is closed')
    this.#journal.append(record)
    this.#state.apply(record)
    if (this.#journal.bytes > 2 * this.#compactBytes + SPARE_BYTES) this.#rewrite()
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#journal.close()
    await this.#lock.release()
  }

  #rewrite(): void {
    try {
      this.#journal.rewrite(this.#state.records())
    } catch {
      // The old content stays valid. The length below defers the next attempt.
    }
    this.#compactBytes = this.#journal.bytes
  }
}
