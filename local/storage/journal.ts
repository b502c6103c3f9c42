import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

const NEWLINE = 0x0a
const REWRITE_BATCH_CHARACTERS = 1 << 20

/** A journal that does not read as one: not what a crash leaves, which is only an unfinished last line. */
export class JournalError extends Error {}

/**
 * A file of one JSON record a line, only ever appended to. Appending is one synchronous write into the page cache (some
 * 10 µs), not an fsync: what is written outlives the process however it ends, though not a power failure.
 */
export class Journal<Entry> {
  readonly #path: string
  #descriptor: number
  #records: number
  /** Bytes. */
  #length: number

  private constructor(path: string, descriptor: number, { records, length }: Extent) {
    this.#path = path
    this.#descriptor = descriptor
    this.#records = records
    this.#length = length
  }

  /** Hands every record to `replay`, oldest first. An unfinished last line was never acknowledged and is cut off. */
  static open<Entry>(path: string, replay: (record: Entry) => void): Journal<Entry> {
    const extent = existsSync(path) ? readRecords(path, replay) : { records: 0, length: 0 }
    const descriptor = openSync(path, 'a')
    ftruncateSync(descriptor, extent.length)
    return new Journal(path, descriptor, extent)
  }

  /** How many lines the file has. */
  get records(): number {
    return this.#records
  }

  /** How long the file is. */
  get bytes(): number {
    return this.#length
  }

  /** Throws, with nothing written, when the disk takes no more. */
  append(record: Entry): void {
    try {
      this.#length += writeWhole(this.#descriptor, `${JSON.stringify(record)}\n`)
    } catch (error) {
      // Half a record would spoil the next one.
      ftruncateSync(this.#descriptor, this.#length)
      throw error
    }
    this.#records += 1
  }

  /**
   * Puts `records`, which say the same in fewer lines, in the place of all that is there: by one rename. When it throws,
   * all that was there still is.
   */
  rewrite(records: Iterable<Entry>): void {
    const path = `${this.#path}.new`
    const extent = writeRecords(path, records)
    // Windows renames onto no open file.
    closeSync(this.#descriptor)
    try {
      renameSync(path, this.#path)
      this.#records = extent.records
      this.#length = extent.length
    } finally {
      this.#descriptor = openSync(this.#path, 'a')
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

interface Extent {
  readonly records: number
  /** Bytes. */
  readonly length: number
}

/** Gives the number of bytes. */
function writeWhole(descriptor: number, text: string): number {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
  return bytes.length
}

function writeRecords(path: string, all: Iterable<unknown>): Extent {
  const descriptor = openSync(path, 'w')
  let records = 0
  let length = 0
  let batch = ''
  try {
    for (const record of all) {
      batch += `${JSON.stringify(record)}\n`
      records += 1
      if (batch.length < REWRITE_BATCH_CHARACTERS) continue
      length += writeWhole(descriptor, batch)
      batch = ''
    }
    length += writeWhole(descriptor, batch)
    return { records, length }
  } finally {
    closeSync(descriptor)
  }
}

function readRecords<Entry>(path: string, replay: (record: Entry) => void): Extent {
  const bytes = readFileSync(path)
  let records = 0
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    records += 1
    replay(parseRecord(bytes.toString('utf8', start, end), `${path}, line ${records}`))
    start = end + 1
  }
  return { records, length: start }
}

function parseRecord<Entry>(line: string, place: string): Entry {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new JournalError(`${place}: not a record of this journal`, { cause })
  }
}
