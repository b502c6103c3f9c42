import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

const NEWLINE = 0x0a
const MAX_BATCH_CHARACTERS = 1 << 20

/** The journal is damaged. A crash does not do that: it leaves only an unfinished last line. */
export class JournalError extends Error {}

/**
 * Append-only file with one JSON record on each line. An append is one synchronous write into the page cache (about 10 µs)
 * without fsync, so records survive every end of the process but not a power failure.
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

  /** Calls `replay` with every record, oldest first. Cuts off an unfinished last line, which was never acknowledged. */
  static open<Entry>(path: string, replay: (record: Entry) => void): Journal<Entry> {
    const extent = existsSync(path) ? readRecords(path, replay) : { records: 0, length: 0 }
    const descriptor = openSync(path, 'a')
    ftruncateSync(descriptor, extent.length)
    return new Journal(path, descriptor, extent)
  }

  /** Number of lines in the file. */
  get records(): number {
    return this.#records
  }

  /** Length of the file. */
  get bytes(): number {
    return this.#length
  }

  /** Throws when the disk is full; nothing is written then. */
  append(record: Entry): void {
    try {
      this.#length += writeWhole(this.#descriptor, `${JSON.stringify(record)}\n`)
    } catch (error) {
      // Half a record would damage the next one.
      ftruncateSync(this.#descriptor, this.#length)
      throw error
    }
    this.#records += 1
  }

  /**
   * Replaces the content by `records`, which give the same state in fewer lines, by one rename. When it throws, the old
   * content stays.
   */
  rewrite(records: Iterable<Entry>): void {
    const path = `${this.#path}.new`
    const extent = writeRecords(path, records)
    // Windows cannot replace an open file.
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

/** Writes the whole text; returns the number of bytes. */
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
      if (batch.length < MAX_BATCH_CHARACTERS) continue
      length += writeWhole(descriptor, batch)
      batch = ''
    }
    length += writeWhole(descriptor, batch)
    return { records, length }
  } finally {
    closeSync(descriptor)
  }
}

/** Calls `replay` with every record of a journal, oldest first, without opening it for appends. */
export function readRecords<Entry>(path: string, replay: (record: Entry) => void): Extent {
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

function parseRecord<Entry>(line: string, position: string): Entry {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new JournalError(`${position}: not a record of this journal`, { cause })
  }
}
