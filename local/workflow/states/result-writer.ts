import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseExactly } from '@bedrock-functions/runtime/json'
import type { ResultWriter } from '../definition/definition.ts'
import type { MapRun, ResultEntry } from '../executions/map-run.ts'
import type { Batch } from '../items/read-batches.ts'
import { DATA_LIMIT_EXCEEDED, PAYLOAD_LIMIT_BYTES, TaskError } from '../task-error.ts'
import { describePending } from './describe-child.ts'
import { type StateRun, scopeOf } from './state-run.ts'

/**
 * Result of a distributed Map: the results of its children, or where they are in S3. Source: Step Functions developer guide,
 * "ResultWriter".
 *
 * @param pending batches that were not started
 */
export async function writeResults(run: StateRun, mapRun: MapRun, pending: AsyncIterable<Batch>): Promise<unknown> {
  const { Arguments, WriterConfig }: ResultWriter = run.state.ResultWriter ?? {}
  const { Transformation = Arguments === undefined ? 'COMPACT' : 'NONE', OutputType = 'JSON' } = WriterConfig ?? {}
  const entries = mapRun.listResults()
  if (Arguments === undefined) return await collectResults(readResults(mapRun, entries, Transformation))

  const place = await scopeOf(run).evaluateAs(Arguments, 'ResultWriter/Arguments', 'object')
  const { Bucket, Prefix = '' } = place as { Bucket: string; Prefix?: string }
  const { mapRunArn: MapRunArn } = mapRun.start
  const folder = [Prefix.replace(/\/$/, ''), MapRunArn.split(':').at(-1)].filter((part) => part !== '').join('/')
  const { objects } = run.execution
  const extension = OutputType.toLowerCase()

  async function writeFile(status: string, results: AsyncIterable<string>) {
    const path = join(mapRun.directory, `${status}.${extension}`)
    try {
      const bytes = await renderResults(path, results, OutputType)
      if (bytes === undefined) return []
      const Key = `${folder}/${status}_0.${extension}`
      await objects.writeFile({ Bucket, Key }, path, bytes, 'application/json')
      return [{ Key, Size: bytes }]
    } finally {
      await rm(path, { force: true })
    }
  }
  const ofStatus = (isWanted: (entry: ResultEntry) => boolean) =>
    readResults(mapRun, entries.filter(isWanted), Transformation)

  try {
    const ResultFiles = {
      FAILED: await writeFile(
        'FAILED',
        ofStatus(({ status }) => status !== 'SUCCEEDED'),
      ),
      PENDING: await writeFile('PENDING', readPending(pending)),
      SUCCEEDED: await writeFile(
        'SUCCEEDED',
        ofStatus(({ status }) => status === 'SUCCEEDED'),
      ),
    }
    const Key = `${folder}/manifest.json`
    const manifest = JSON.stringify({ DestinationBucket: Bucket, MapRunArn, ResultFiles })
    await objects.write({ Bucket, Key }, manifest, 'application/json')
    mapRun.written()
    return { MapRunArn, ResultWriterDetails: { Bucket, Key } }
  } catch (error) {
    throw new TaskError('States.ResultWriterFailed', (error as Error).message)
  }
}

async function* readPending(batches: AsyncIterable<Batch>): AsyncGenerator<string> {
  for await (const { input } of batches) yield JSON.stringify(describePending(input))
}

/** JSON texts of results. A child without success is always described with its metadata. */
async function* readResults(
  mapRun: MapRun,
  entries: readonly ResultEntry[],
  transformation: string,
): AsyncGenerator<string> {
  for await (const text of mapRun.readResults(entries)) {
    if (transformation === 'NONE') {
      yield text
      continue
    }
    const { Status, Output } = JSON.parse(text) as { readonly Status: string; readonly Output?: string }
    if (Status !== 'SUCCEEDED' || Output === undefined) yield text
    else if (transformation === 'FLATTEN' && Output.startsWith('[')) {
      for (const element of parseExactly(Output) as readonly unknown[]) yield JSON.stringify(element)
    } else yield Output
  }
}

/** Writes results into a file, one at a time. Resolves to its length, or to undefined when there is no result. */
async function renderResults(
  path: string,
  results: AsyncIterable<string>,
  outputType: string,
): Promise<number | undefined> {
  const isArray = outputType === 'JSON'
  const file = await open(path, 'w')
  let bytes = 0
  let count = 0
  const append = async (text: string) => {
    const part = Buffer.from(text)
    await file.appendFile(part)
    bytes += part.length
  }
  try {
    for await (const result of results) {
      await append(isArray ? `${count === 0 ? '[' : ','}${result}` : `${result}\n`)
      count += 1
    }
    if (count > 0 && isArray) await append(']')
  } finally {
    await file.close()
  }
  return count === 0 ? undefined : bytes
}

/** Stops at the limit of a state's output, so that not all results are in memory. */
async function collectResults(results: AsyncIterable<string>): Promise<unknown[]> {
  const collected: unknown[] = []
  let bytes = 1
  for await (const result of results) {
    bytes += Buffer.byteLength(result) + 1
    if (bytes > PAYLOAD_LIMIT_BYTES) {
      throw new TaskError(
        DATA_LIMIT_EXCEEDED,
        `The results of the children have more than ${PAYLOAD_LIMIT_BYTES} bytes: use ResultWriter.`,
      )
    }
    collected.push(parseExactly(result))
  }
  return collected
}
