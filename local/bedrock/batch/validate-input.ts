import { createHash } from 'node:crypto'
import type { ObjectAccess } from '../async-invoke/object-access.ts'
import { parseS3Uri } from '../async-invoke/s3-location.ts'
import { batchMessages } from '../messages.ts'
import { type BatchJob, readS3Uri } from './batch-job.ts'
import type { BatchSettings } from './batch-settings.ts'
import type { Breather } from './breather.ts'
import { findInput, hashInput, type InputFile, nameFile, readChunks } from './find-input.ts'
import { InputRefusedError } from './input-refused-error.ts'
import { readLines } from './read-lines.ts'
import { checkLine } from './read-record.ts'

export interface ValidationContext {
  readonly objects: ObjectAccess
  readonly settings: BatchSettings
  readonly breather: Breather
}

export interface ValidInput {
  readonly totalRecordCount: number
  /** Identifies the files and their versions. */
  readonly inputHash: string
}

/**
 * Validates the input of a job: its files, their sizes, every line and the number of records. The output bucket must exist.
 * Holds 16 bytes of each recordId, to find a repeated one.
 *
 * @throws InputRefusedError or ObjectRefusedError with the message of the job
 */
export async function validateInput(job: BatchJob, context: ValidationContext): Promise<ValidInput> {
  const { objects, settings } = context
  await objects.requireBucket(parseS3Uri(readS3Uri(job.outputDataConfig)).bucket)
  const files = await findInput(readS3Uri(job.inputDataConfig), objects)
  checkSizes(files, settings)
  const seen = new Set<string>()
  let total = 0
  for (const file of files) {
    total += await countRecords(file, seen, context)
    if (total > settings.maxRecords) {
      throw new InputRefusedError(batchMessages.manyRecords(`Batch job ${job.jobArn}`, settings.maxRecords))
    }
  }
  if (total >= settings.minRecords) return { totalRecordCount: total, inputHash: hashInput(files) }
  throw new InputRefusedError(batchMessages.fewRecords(job.jobArn, total, settings.minRecords))
}

function checkSizes(files: readonly InputFile[], { maxFileBytes, maxJobBytes }: BatchSettings): void {
  const large = files.find(({ facts }) => facts.size > maxFileBytes)
  if (large) throw new InputRefusedError(batchMessages.largeFile(nameFile(large), large.facts.size, maxFileBytes))
  const bytes = files.reduce((sum, { facts }) => sum + facts.size, 0)
  if (bytes > maxJobBytes) throw new InputRefusedError(batchMessages.largeJob(bytes, maxJobBytes))
}

async function countRecords(
  file: InputFile,
  seen: Set<string>,
  { objects, settings, breather }: ValidationContext,
): Promise<number> {
  const name = nameFile(file)
  let records = 0
  for await (const line of readLines(name, readChunks(file, objects))) {
    const recordId = checkLine(name, line)
    records += 1
    if (records > settings.maxFileRecords) {
      throw new InputRefusedError(batchMessages.manyRecords(`The file ${name}`, settings.maxFileRecords))
    }
    if (recordId !== undefined) requireNew(recordId, seen, (fact) => batchMessages.badLine(name, line.number, fact))
    await breather.breathe()
  }
  return records
}

function requireNew(recordId: string, seen: Set<string>, describe: (fact: string) => string): void {
  const hash = createHash('sha256').update(recordId).digest().toString('latin1', 0, 16)
  if (seen.has(hash)) throw new InputRefusedError(describe(batchMessages.duplicateId(recordId)))
  seen.add(hash)
}
