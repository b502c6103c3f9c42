import { createReadStream, existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { parseExactly } from '@bedrock-functions/runtime/json'
import type { ItemReader } from '../definition/definition.ts'
import { expectType } from '../expressions/expressions.ts'
import type { ObjectPlace } from '../resources/object-access.ts'
import { type StateRun, scopeOf } from '../states/state-run.ts'
import { TaskError } from '../task-error.ts'
import { decompress } from './decompress.ts'
import { fromCsv } from './from-csv.ts'
import { fromLines } from './from-lines.ts'
import { fromValues } from './from-values.ts'
import type { ItemSource } from './item-source.ts'

/** Largest JSON array, which is read into memory. JSON Lines have no such limit. */
const MAX_ARRAY_BYTES = 64 * 1024 * 1024

export interface OpenItemsOptions {
  /** Directory of the map run, for a copy of a listing. */
  readonly directory: string
  /** Version of the data that an earlier attempt read. */
  readonly etag: string | undefined
}

/**
 * Opens the items of a distributed Map.
 *
 * @throws TaskError States.ItemReaderFailed
 */
export async function openItems(run: StateRun, options: OpenItemsOptions): Promise<ItemSource> {
  const { ItemReader: reader } = run.state
  if (!reader) return fromValues(await itemsOf(run), { name: 'STATE_DATA', etag: undefined })
  const scope = scopeOf(run)
  const place = await scope.evaluateAs(reader.Arguments, 'ItemReader/Arguments', 'object')
  const { MaxItems } = reader.ReaderConfig ?? {}
  const limit =
    MaxItems === undefined
      ? Number.POSITIVE_INFINITY
      : await scope.evaluateAs(MaxItems, 'ItemReader/ReaderConfig/MaxItems', 'integer')
  if (limit === 0) throw new TaskError('States.ItemReaderFailed', 'field MaxItems must be positive')
  const opened = { place, limit, ...options }
  return await asReaderFailure(() =>
    reader.Resource.endsWith(':listObjectsV2') ? openListing(run, opened) : openObject(run, reader, opened),
  )
}

/** Runs a part of the reading. Its failure is States.ItemReaderFailed. */
export async function asReaderFailure<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    throw new TaskError('States.ItemReaderFailed', (error as Error).message)
  }
}

/** Items of the state's input, or of the field Items. */
export async function itemsOf(run: StateRun): Promise<readonly unknown[]> {
  const { name, state, input } = run
  if (state.Items === undefined) return expectType(name, input, 'Items', 'array')
  return await scopeOf(run).evaluateAs(state.Items, 'Items', 'array')
}

interface Opened extends OpenItemsOptions {
  readonly place: Readonly<Record<string, unknown>>
  readonly limit: number
}

const DELIMITERS = { COMMA: ',', PIPE: '|', SEMICOLON: ';', SPACE: ' ', TAB: '\t' } as const

async function openObject(
  { execution }: StateRun,
  { ReaderConfig = {} }: ItemReader,
  { place, limit, etag: wanted }: Opened,
): Promise<ItemSource> {
  const { Bucket, Key, VersionId } = place as unknown as ObjectPlace
  const object = await execution.objects.open({ Bucket, Key, ...(VersionId && { VersionId }) }, wanted)
  const origin = { name: `S3://${Bucket}/${Key}`, etag: object.etag, limit, chunks: () => decompress(object.chunks()) }
  const { InputType, CSVHeaders, CSVDelimiter = 'COMMA' } = ReaderConfig
  if (InputType === 'JSONL') return fromLines(origin)
  if (InputType === 'CSV') return fromCsv({ ...origin, headers: CSVHeaders, delimiter: DELIMITERS[CSVDelimiter] })
  const document = parseExactly(await readText(origin.chunks()))
  if (!Array.isArray(document)) throw new TypeError('Attempting to map over non-iterable node.')
  return fromValues(document.slice(0, limit), origin)
}

async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > MAX_ARRAY_BYTES) {
      throw new RangeError(`the array is larger than ${MAX_ARRAY_BYTES} bytes: use JSON Lines, which are read in parts`)
    }
    parts.push(chunk)
  }
  return Buffer.concat(parts).toString()
}

/** A listing may change, so the map run keeps the first one. */
async function openListing({ execution }: StateRun, { place, limit, directory }: Opened): Promise<ItemSource> {
  const { Bucket, Prefix } = place as { Bucket: string; Prefix?: string }
  const path = join(directory, 'items.jsonl')
  if (!existsSync(path)) {
    const file = await open(path, 'w')
    try {
      let count = 0
      for await (const object of execution.objects.list({ Bucket, ...(Prefix !== undefined && { Prefix }) })) {
        if (count === limit) break
        count += 1
        await file.write(`${JSON.stringify(object)}\n`)
      }
    } finally {
      await file.close()
    }
  }
  return fromLines({ name: `S3://${Bucket}`, etag: undefined, limit, chunks: () => createReadStream(path) })
}
