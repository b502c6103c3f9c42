import { randomUUID } from 'node:crypto'
import type { ResultWriter } from '../definition/definition.ts'
import { TaskError } from '../task-error.ts'
import type { ChildEnd } from './child-execution.ts'
import { type StateRun, scopeOf } from './state-run.ts'

/**
 * Result of a distributed Map: the results of its children, or where they are in S3. Source: Step Functions developer guide,
 * "ResultWriter".
 *
 * @param mapArn ARN of the state machine, with the label of the Map
 */
export async function writeResults(
  run: StateRun,
  { Arguments, WriterConfig }: ResultWriter,
  { children, mapArn }: { readonly children: readonly ChildEnd[]; readonly mapArn: string },
): Promise<unknown> {
  const { Transformation = Arguments === undefined ? 'COMPACT' : 'NONE', OutputType = 'JSON' } = WriterConfig ?? {}
  const transform = (ends: readonly ChildEnd[]) =>
    ends.flatMap((end) => transformResult(end, { Transformation, mapArn }))
  if (Arguments === undefined) return transform(children)

  const place = await scopeOf(run).evaluateAs(Arguments, 'ResultWriter/Arguments', 'object')
  const { Bucket, Prefix = '' } = place as { Bucket: string; Prefix?: string }
  const mapRunId = randomUUID()
  const MapRunArn = `${mapArn.replace(':stateMachine:', ':mapRun:')}:${mapRunId}`
  const folder = [Prefix.replace(/\/$/, ''), mapRunId].filter((part) => part !== '').join('/')

  async function write(name: string, text: string): Promise<{ readonly Key: string; readonly Size: number }> {
    const Key = `${folder}/${name}`
    await run.execution.objects.write({ Bucket, Key }, text).catch((error: Error) => {
      throw new TaskError('States.ResultWriterFailed', error.message)
    })
    return { Key, Size: Buffer.byteLength(text) }
  }

  async function writeFile(status: string, ends: readonly ChildEnd[]) {
    if (ends.length === 0) return []
    return [await write(`${status}_0.${OutputType.toLowerCase()}`, renderResults(transform(ends), OutputType))]
  }

  const ResultFiles = {
    FAILED: await writeFile(
      'FAILED',
      children.filter(({ status }) => status === 'FAILED'),
    ),
    PENDING: [],
    SUCCEEDED: await writeFile(
      'SUCCEEDED',
      children.filter(({ status }) => status === 'SUCCEEDED'),
    ),
  }
  const manifest = await write('manifest.json', JSON.stringify({ DestinationBucket: Bucket, MapRunArn, ResultFiles }))
  return { MapRunArn, ResultWriterDetails: { Bucket, Key: manifest.Key } }
}

function renderResults(results: readonly unknown[], outputType: string): string {
  if (outputType === 'JSON') return JSON.stringify(results)
  return results.map((result) => `${JSON.stringify(result)}\n`).join('')
}

/** Results of one child. A failed one is always described with its metadata. */
function transformResult(
  end: ChildEnd,
  { Transformation, mapArn }: { readonly Transformation: string; readonly mapArn: string },
): unknown[] {
  const isPlain = end.status === 'SUCCEEDED' && Transformation !== 'NONE'
  if (!isPlain) return [describeChild(end, mapArn)]
  return Transformation === 'FLATTEN' && Array.isArray(end.output) ? end.output : [end.output]
}

function describeChild({ status, error, cause, ...end }: ChildEnd, mapArn: string) {
  return {
    ExecutionArn: end.executionArn,
    Input: JSON.stringify(end.input),
    InputDetails: { Included: true },
    Name: end.name,
    ...(status === 'SUCCEEDED' && { Output: JSON.stringify(end.output), OutputDetails: { Included: true } }),
    ...(error !== undefined && { Error: error }),
    ...(cause !== undefined && { Cause: cause }),
    StartDate: end.startDate.toISOString(),
    StateMachineArn: mapArn,
    Status: status,
    StopDate: end.stopDate.toISOString(),
  }
}
