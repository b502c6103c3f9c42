import { listKeys } from '../core/list-keys.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { S3Location } from '../core/s3-uri.ts'
import type { BatchFile, BatchRequest } from './batch.ts'
import { BatchInputError } from './batch-input-error.ts'

/** Limit of the files of a batch. Their names and versions are in plan.json, which the functions read at once. */
const MAX_FILES = 1000

const EXTENSION = '.jsonl'

/**
 * Finds the files of an input: the object that it names, or all files of records below the folder, and their current versions,
 * which the batch keeps.
 *
 * @throws BatchInputError for an input without files
 */
export async function findFiles(
  { input }: Pick<BatchRequest, 'input'>,
  store: ObjectStore,
): Promise<Omit<BatchFile, 'records'>[]> {
  const { bucket, key } = input
  const one =
    key !== '' && !key.endsWith('/') ? await describe(input, key.slice(key.lastIndexOf('/') + 1), store) : undefined
  if (one) return [one]
  if (bucket !== store.bucket)
    throw new BatchInputError(`${uriOf(input)} is no object. The stack reads folders in its own bucket only.`)
  const folder = key === '' || key.endsWith('/') ? key : `${key}/`
  const files: Omit<BatchFile, 'records'>[] = []
  for await (const found of listKeys(store, folder)) {
    if (!found.endsWith(EXTENSION)) continue
    const file = await describe({ bucket, key: found }, found.slice(folder.length), store)
    if (file) files.push(file)
    if (files.length > MAX_FILES) {
      throw new BatchInputError(`${uriOf(input)} has more files than the limit of ${MAX_FILES}.`)
    }
  }
  if (files.length > 0) return files
  throw new BatchInputError(`${uriOf(input)} is neither an object nor a folder with a file that ends in ${EXTENSION}.`)
}

export function uriOf({ bucket, key }: S3Location): string {
  return `s3://${bucket}/${key}`
}

async function describe(
  location: S3Location,
  name: string,
  store: ObjectStore,
): Promise<Omit<BatchFile, 'records'> | undefined> {
  const head = await store.head(location)
  if (!head) return undefined
  const { versionId, size } = head
  return { ...location, name, bytes: size, ...(versionId !== undefined && { versionId }) }
}
