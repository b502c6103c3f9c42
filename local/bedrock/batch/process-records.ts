import { jsonFile } from '../async-invoke/families/async-family.ts'
import type { ObjectAccess } from '../async-invoke/object-access.ts'
import { joinKey, parseS3Uri, type S3Location } from '../async-invoke/s3-location.ts'
import { batchMessages } from '../messages.ts'
import type { AnswerRecord } from './answer-record.ts'
import { type BatchJob, jobId, type RecordCounts, readS3Uri } from './batch-job.ts'
import type { Breather } from './breather.ts'
import { findInput, hashInput, type InputFile, nameFile, readChunks } from './find-input.ts'
import { InputRefusedError } from './input-refused-error.ts'
import { createOutputWriter, type OutputWriter } from './output-file.ts'
import { readLines } from './read-lines.ts'
import { readRecord } from './read-record.ts'

const MANIFEST_FILE = 'manifest.json.out'

export interface ProcessContext {
  readonly objects: ObjectAccess
  readonly answer: AnswerRecord
  readonly breather: Breather
  /** Aborted when the job is stopped. */
  readonly stopped: AbortSignal
  /** Aborted when the job is stopped or the emulator ends: a record that is being answered is given up. */
  readonly interrupted: AbortSignal
  /** Waits until the next record may begin. Resolves to false where none may begin any more. */
  mayContinue(processed: number): Promise<boolean>
  onProgress(counts: RecordCounts): void
  /** Waits after the last record, before the manifest is there. */
  beforeEnd(): Promise<void>
}

/**
 * Answers the records of a job one after the other and writes `<output>/<id>/<file>.out` and the manifest. When it may not
 * continue, it keeps the answers so far. Rejects when S3 fails; then there is no manifest.
 */
export async function processRecords(job: BatchJob, context: ProcessContext): Promise<RecordCounts> {
  const { objects } = context
  const folder = joinKey(parseS3Uri(readS3Uri(job.outputDataConfig)), jobId(job))
  const tally = new Tally(job.counts?.totalRecordCount ?? 0)
  const s3Uri = readS3Uri(job.inputDataConfig)
  const files = await findInput(s3Uri, objects)
  if (hashInput(files) !== job.inputHash) throw new InputRefusedError(batchMessages.changed(s3Uri))
  for (const file of files) {
    const writer = createOutputWriter(outputOf(folder, file), objects)
    try {
      const isWhole = await processFile(file, writer, { ...context, job, tally })
      await writer.close()
      if (!isWhole) break
    } catch (error) {
      // The first error is the one to tell.
      await writer.drop().catch(() => undefined)
      throw error
    }
  }
  await context.beforeEnd()
  // The manifest comes last: who finds it finds all files.
  const manifest = jsonFile(MANIFEST_FILE, { ...tally.counts, ...tally.tokens })
  await objects.put(joinKey(folder, MANIFEST_FILE), manifest)
  return tally.counts
}

interface FileContext extends ProcessContext {
  readonly job: BatchJob
  readonly tally: Tally
}

/** Returns false where the job may not continue. */
async function processFile(file: InputFile, writer: OutputWriter, context: FileContext): Promise<boolean> {
  const { objects, job, tally, breather, stopped, interrupted, answer } = context
  const name = nameFile(file)
  for await (const line of readLines(name, readChunks(file, objects))) {
    await breather.breathe()
    if (!(await context.mayContinue(tally.counts.processedRecordCount)) || stopped.aborted) return false
    const answered = await answer(readRecord(name, line), job, interrupted).catch((error: unknown) => {
      if (stopped.aborted) return undefined
      throw error
    })
    if (!answered) return false
    await writer.write(answered.line)
    tally.add(answered)
    context.onProgress(tally.counts)
  }
  return true
}

function outputOf(folder: S3Location, { name }: InputFile): S3Location {
  return joinKey(folder, `${name}.out`)
}

class Tally {
  counts: RecordCounts
  tokens = { inputTokenCount: 0, outputTokenCount: 0 }

  constructor(totalRecordCount: number) {
    this.counts = { totalRecordCount, processedRecordCount: 0, successRecordCount: 0, errorRecordCount: 0 }
  }

  add({ isError, inputTokens, outputTokens }: Awaited<ReturnType<AnswerRecord>>): void {
    const { processedRecordCount, successRecordCount, errorRecordCount, ...rest } = this.counts
    this.counts = {
      ...rest,
      processedRecordCount: processedRecordCount + 1,
      successRecordCount: successRecordCount + (isError ? 0 : 1),
      errorRecordCount: errorRecordCount + (isError ? 1 : 0),
    }
    this.tokens = {
      inputTokenCount: this.tokens.inputTokenCount + inputTokens,
      outputTokenCount: this.tokens.outputTokenCount + outputTokens,
    }
  }
}
