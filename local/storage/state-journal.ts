import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DirectoryLock, lockDirectory } from './directory-lock.ts'
import { Journal } from './journal.ts'

/** The journal is rewritten when it is this much longer than twice what it needs. */
const SPARE_BYTES = 8 * 1024 * 1024

/** A state in memory that the journal keeps. */
export interface JournalledState<Entry> {
  /** Makes one change, as when it happened. */
  apply(record: Entry): void
  /** What rebuilds it, without what was replaced meanwhile. */
  records(): Iterable<Entry>
}

/** A directory of one process whose journal keeps a state, and stays in proportion to it. */
export class StateJournal<Entry> {
  readonly #state: JournalledState<Entry>
  readonly #journal: Journal<Entry>
  readonly #lock: DirectoryLock
  /** When it was last rewritten. */
  #compactBytes = 0
  #isOpen = true

  /** Rebuilds `state`. DirectoryInUseError when another process has the directory, JournalError when it is damaged. */
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

  /** Makes a change happen: from here on it is there for ever. Throws, with nothing changed, when the disk is full. */
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
      // What is there still holds, and a full disk tells the next change itself: only not at once again.
    }
    this.#compactBytes = this.#journal.bytes
  }
}
