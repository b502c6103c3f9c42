import { createHash } from 'node:crypto'
import type { ObjectAccess, ObjectFacts } from '../async-invoke/object-access.ts'
import { formatS3Uri, parseS3Uri } from '../async-invoke/s3-location.ts'
import { batchMessages } from '../messages.ts'
import { InputRefusedError } from './input-refused-error.ts'

/** File of records. */
export interface InputFile {
  readonly facts: ObjectFacts
  /** Path below the input's folder, which the output repeats. */
  readonly name: string
}

const EXTENSION = '.jsonl'

/** Finds the files of an input: the one that it names, or all files of records below the folder. */
export async function findInput(s3Uri: string, objects: ObjectAccess): Promise<readonly InputFile[]> {
  const location = parseS3Uri(s3Uri)
  const { bucket, key } = location
  if (key.endsWith(EXTENSION)) {
    return [{ facts: await objects.describe(location), name: key.slice(key.lastIndexOf('/') + 1) }]
  }
  const folder = key === '' || key.endsWith('/') ? key : `${key}/`
  const files: InputFile[] = []
  for await (const facts of objects.list({ bucket, key: folder })) {
    if (facts.location.key.endsWith(EXTENSION)) files.push({ facts, name: facts.location.key.slice(folder.length) })
  }
  if (files.length > 0) return files
  const isFile = /\.[^/]+$/.test(key)
  throw new InputRefusedError(isFile ? batchMessages.wrongName(s3Uri) : batchMessages.noFiles(s3Uri))
}

/** Bytes of one read. */
const CHUNK_BYTES = 1 << 20

/** Reads a file piece by piece. Each piece is a request of its own, because a slow job would keep a connection for hours. */
export async function* readChunks({ facts }: InputFile, objects: ObjectAccess): AsyncIterable<Uint8Array> {
  for (let start = 0; start < facts.size; start += CHUNK_BYTES) {
    yield await objects.read(facts, start, Math.min(CHUNK_BYTES, facts.size - start))
  }
}

export function nameFile({ facts }: InputFile): string {
  return formatS3Uri(facts.location)
}

/** Hashes the names and versions of files. */
export function hashInput(files: readonly InputFile[]): string {
  const versions = files.map(({ facts }) => [facts.location.key, facts.etag])
  return createHash('sha256').update(JSON.stringify(versions)).digest('base64')
}
