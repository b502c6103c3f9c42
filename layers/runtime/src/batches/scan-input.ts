import { createHash } from 'node:crypto'
import type { ObjectStore } from '../core/object-store.ts'
import { type BatchFile, type BatchFormat, type BatchItem, MAX_LINE_BYTES } from './batch.ts'
import { BatchInputError, badLine } from './batch-input-error.ts'
import { uriOf } from './find-files.ts'
import { type Line, readLines } from './read-lines.ts'
import { readRange } from './read-range.ts'
import { type BatchRecord, isBlank, readRecord } from './read-record.ts'

/** Limit of the records of a batch: their identifiers are compared in memory. */
export const MAX_RECORDS = 1_000_000

/** Bytes after which an item ends. One worker holds at most an item. */
const MAX_ITEM_BYTES = 4 * 1024 * 1024

/** A record of the input, where it lies. */
export interface ScannedRecord extends BatchRecord {
  readonly line: Line
  readonly file: number
}

export interface Scan {
  readonly files: readonly BatchFile[]
  readonly items: readonly BatchItem[]
  readonly records: number
}

export interface ScanOptions {
  readonly recordsPerItem: number
  readonly format?: BatchFormat | undefined
  /** Called with each record. */
  readonly onRecord: (record: ScannedRecord) => Promise<void> | void
}

/**
 * Reads all files once, checks each line and divides the records into items. Holds one line at a time, and 16 bytes of each
 * identifier, to find a repeated one.
 *
 * @throws BatchInputError that names file, line and member
 */
export async function scanInput(
  found: readonly Omit<BatchFile, 'records'>[],
  { recordsPerItem, format, onRecord }: ScanOptions,
  store: ObjectStore,
): Promise<Scan> {
  const seen = new Set<string>()
  const files: BatchFile[] = []
  const items: BatchItem[] = []
  let total = 0
  for (const [number, file] of found.entries()) {
    const name = uriOf(file)
    let records = 0
    let item: Omit<BatchItem, 'item'> | undefined
    const finishItem = () => {
      if (item) items.push({ item: items.length, ...item })
      item = undefined
    }
    for await (const line of readLines(readRange(store, file, file), { file: name, maxLineBytes: MAX_LINE_BYTES })) {
      if (isBlank(line)) continue
      const record = readRecord(name, line, format)
      requireNew(record.recordId, seen, name, line)
      await onRecord({ ...record, line, file: number })
      const { start, end } = line
      item ??= { file: number, line: line.number, first: records, count: 0, start, end }
      item = { ...item, count: item.count + 1, end }
      records += 1
      total += 1
      if (total > MAX_RECORDS) throw new BatchInputError(`The input has more records than the limit of ${MAX_RECORDS}.`)
      if (item.count >= recordsPerItem || item.end - item.start >= MAX_ITEM_BYTES) finishItem()
    }
    finishItem()
    files.push({ ...file, records })
  }
  if (total > 0) return { files, items, records: total }
  throw new BatchInputError(`${found.map(uriOf).join(', ')}: the input has no record.`)
}

function requireNew(recordId: string, seen: Set<string>, file: string, { number }: Line): void {
  const hash = createHash('sha256').update(recordId).digest().toString('latin1', 0, 16)
  if (seen.has(hash)) {
    throw badLine(file, number, `the identifier ${JSON.stringify(recordId.slice(0, 100))} is that of an earlier record`)
  }
  seen.add(hash)
}
