import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DirectoryLock, lockDirectory } from '../../storage/directory-lock.ts'
import { Journal } from '../../storage/journal.ts'

/** Work that a client submitted once and asks for later. */
export interface Submission {
  readonly clientRequestToken?: string
  /** Number in order of submission; grows across restarts. */
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly submitTime: number
}

/** The journal is rewritten when it has 1.5 times the needed records plus these. */
const SPARE_RECORDS = 1_000

/**
 * Submissions in memory and, with a directory, in a journal with a line for each state, of which the last one counts. A
 * change survives a crash once its method has returned.
 */
export class SubmissionStore<Entry extends Submission> {
  readonly #arnOf: (entry: Entry) => string
  readonly #byArn = new Map<string, Entry>()
  readonly #byToken = new Map<string, Entry>()
  #journal: Journal<Entry> | undefined
  #lock: DirectoryLock | undefined
  #lastSequence = 0
  #lastTime = 0

  constructor(arnOf: (entry: Entry) => string) {
    this.#arnOf = arnOf
  }

  /** DirectoryInUseError when another process has the directory, JournalError for a damaged journal. */
  protected async openJournal(directory: string | undefined, name: string): Promise<void> {
    if (directory === undefined) return
    mkdirSync(directory, { recursive: true })
    const lock = await lockDirectory(directory)
    try {
      this.#journal = Journal.open<Entry>(join(directory, name), (entry) => this.#put(entry))
      this.#lock = lock
      this.#rewriteWhenLong()
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  /** Submissions in order. */
  get all(): readonly Entry[] {
    return [...this.#byArn.values()]
  }

  find(arn: string): Entry | undefined {
    return this.#byArn.get(arn)
  }

  findByToken(clientRequestToken: string): Entry | undefined {
    return this.#byToken.get(clientRequestToken)
  }

  async close(): Promise<void> {
    this.#journal?.close()
    await this.#lock?.release()
  }

  /** Returns the next sequence, and `time`, or the last submission's time when the clock was set back. */
  next(time: number): Pick<Submission, 'sequence' | 'submitTime'> {
    return { sequence: this.#lastSequence + 1, submitTime: Math.max(time, this.#lastTime) }
  }

  /** Keeps the new state of a submission. */
  commit(entry: Entry): Entry {
    this.#journal?.append(entry)
    this.#put(entry)
    this.#rewriteWhenLong()
    return entry
  }

  #put(entry: Entry): void {
    const { clientRequestToken, sequence, submitTime } = entry
    this.#byArn.set(this.#arnOf(entry), entry)
    if (clientRequestToken !== undefined) this.#byToken.set(clientRequestToken, entry)
    this.#lastSequence = Math.max(this.#lastSequence, sequence)
    this.#lastTime = Math.max(this.#lastTime, submitTime)
  }

  #rewriteWhenLong(): void {
    if (this.#journal && this.#journal.records > 1.5 * this.#byArn.size + SPARE_RECORDS) {
      this.#journal.rewrite(this.#byArn.values())
    }
  }
}
