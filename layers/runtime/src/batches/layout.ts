import { invertId, JOB_ID } from '../core/job-id.ts'
import type { BatchItem, BatchName } from './batch.ts'

/** Prefixes of the stack's bucket. The template's lifecycle rules and event patterns use them, too. */
export const BATCH_PREFIXES = {
  batches: 'batches/',
  open: 'open-batches/',
  answers: 'batch-answers/',
  /** Inputs and outputs of Bedrock's batch jobs. */
  parts: 'batch-parts/',
  tokens: 'batch-tokens/',
} as const

export type BatchDocument = 'request.json' | 'plan.json' | 'pace.json' | 'progress.json' | 'end.json'

export function batchKey({ owner, id }: BatchName, document: BatchDocument): string {
  return `${batchesPrefix(owner)}${invertId(id)}/${document}`
}

export function batchesPrefix(owner: string): string {
  return `${BATCH_PREFIXES.batches}${owner}/`
}

/** @returns undefined for any other key */
export function parseBatchKey(key: string): (BatchName & { readonly document: string }) | undefined {
  const [prefix, owner = '', inverted = '', document = '', more] = key.split('/')
  if (`${prefix}/` !== BATCH_PREFIXES.batches || !/^[0-9a-f]{32}$/.test(owner) || !JOB_ID.test(inverted))
    return undefined
  return document === '' || more !== undefined ? undefined : { owner, id: invertId(inverted), document }
}

export function openBatchKey({ owner, id }: BatchName): string {
  return `${BATCH_PREFIXES.open}${id}~${owner}`
}

/** @returns undefined for any other key */
export function parseOpenBatchKey(key: string): BatchName | undefined {
  const { id, owner } = /^open-batches\/(?<id>[a-z0-9]{12})~(?<owner>[0-9a-f]{32})$/.exec(key)?.groups ?? {}
  return id !== undefined && owner !== undefined ? { id, owner } : undefined
}

export function batchTokenKey(owner: string, tokenHash: string): string {
  return `${BATCH_PREFIXES.tokens}${owner}/${tokenHash}`
}

/** Key of the items of a round; each round has those that are not answered yet. */
export function itemsKey(name: BatchName, round: number): string {
  return `${answersPrefix(name)}items-${round}.jsonl`
}

/** Prefix of the stored answers of an item's records. */
export function recordsPrefix(name: BatchName, { item }: Pick<BatchItem, 'item'>): string {
  return `${answersPrefix(name)}records/${pad(item)}/`
}

/** Key of a stored answer. `index` is the number of the record in its file. It ends with its kind, so that a list counts. */
export function recordKey(name: BatchName, item: Pick<BatchItem, 'item'>, index: number, isError: boolean): string {
  return `${recordsPrefix(name, item)}${pad(index)}.${isError ? 'error' : 'success'}`
}

/** @returns undefined for any other key */
export function parseRecordKey(key: string): { readonly index: number; readonly isError: boolean } | undefined {
  const { index, kind } = /\/records\/\d+\/(?<index>\d+)\.(?<kind>error|success)$/.exec(key)?.groups ?? {}
  return index === undefined ? undefined : { index: Number(index), isError: kind === 'error' }
}

/** Prefix of the items that are answered completely. */
export function rangesPrefix(name: BatchName): string {
  return `${answersPrefix(name)}ranges/`
}

/** Prefix of the one object with all answers of an item. */
export function rangePrefix(name: BatchName, { item }: Pick<BatchItem, 'item'>): string {
  return `${rangesPrefix(name)}${pad(item)}-`
}

/** Key of all answers of an item. It has their counts, so that a list of keys tells the progress of the batch. */
export function rangeKey(name: BatchName, item: Pick<BatchItem, 'item'>, successes: number, errors: number): string {
  return `${rangePrefix(name, item)}${successes}-${errors}.jsonl`
}

/** @returns undefined for any other key */
export function parseRangeKey(
  key: string,
): { readonly item: number; readonly successes: number; readonly errors: number } | undefined {
  const groups = /\/ranges\/(?<item>\d+)-(?<successes>\d+)-(?<errors>\d+)\.jsonl$/.exec(key)?.groups
  return groups && { item: Number(groups.item), successes: Number(groups.successes), errors: Number(groups.errors) }
}

export function partInputKey(name: BatchName, part: number): string {
  return `${partsPrefix(name)}in/${pad(part)}.jsonl`
}

/** Prefix of the outputs of a part, below which Bedrock makes a folder. */
export function partOutputPrefix(name: BatchName, part: number): string {
  return `${partsPrefix(name)}out/${pad(part)}/`
}

function partsPrefix({ owner, id }: BatchName): string {
  return `${BATCH_PREFIXES.parts}${owner}/${id}/`
}

function answersPrefix({ owner, id }: BatchName): string {
  return `${BATCH_PREFIXES.answers}${owner}/${id}/`
}

/** Digits that keep the order of numbers in a list of keys. */
function pad(number: number): string {
  return String(number).padStart(8, '0')
}
