import type { ListedModel } from '@bedrock-functions/runtime/models'
import { useEffect, useState } from 'preact/hooks'
import { callJson } from './api.ts'
import { FileButton } from './file-button.tsx'
import { ModelPicker } from './model-picker.tsx'
import { toPlainText } from './plain-text.ts'
import { upload } from './upload.ts'
import { describeError } from './use-stream.ts'

/** Member of ListModelInvocationJobs, with what the suite adds. */
interface Batch {
  readonly jobArn: string
  readonly jobName: string
  readonly modelId: string
  readonly status: string
  readonly message?: string
  readonly submitTime: string
  readonly endTime?: string
  readonly totalRecordCount?: number
  readonly processedRecordCount?: number
  readonly errorRecordCount?: number
  readonly route?: string
  readonly routeReason?: string
  readonly estimatedCost?: { readonly usd: number | null }
  readonly outputDataConfig: { readonly s3OutputDataConfig?: { readonly s3Uri: string } } | null
}

/** Pause between two looks at the list while a batch runs. */
const POLL_MS = 1000

/** Starts batches from files of JSON Lines and watches them to their end. */
export function Batches({ models }: { readonly models: readonly ListedModel[] }) {
  const [modelId, setModelId] = useState('global.anthropic.claude-sonnet-4-6')
  const [type, setType] = useState('Converse')
  const [problem, setProblem] = useState<string>()
  const [batches, setBatches] = useState<readonly Batch[]>([])
  const isRunning = batches.some(({ endTime }) => endTime === undefined)

  async function run(action: () => Promise<unknown>) {
    try {
      await action()
      setProblem(undefined)
    } catch (error) {
      const failure = describeError(error)
      setProblem(`${failure.type}: ${failure.message}`)
    }
  }

  const refresh = () =>
    run(async () => {
      const page = await callJson<{ invocationJobSummaries: Batch[] }>('model-invocation-jobs?maxResults=20')
      setBatches(page.invocationJobSummaries)
    })

  const start = ([file]: readonly File[]) =>
    run(async () => {
      if (!file) return
      const s3Uri = await upload(file)
      await callJson('model-invocation-job', {
        body: {
          jobName: 'page',
          modelId,
          modelInvocationType: type,
          inputDataConfig: { s3InputDataConfig: { s3Uri } },
          outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${new URL(s3Uri).host}/output/page` } },
        },
      })
      await refresh()
    })

  const stop = ({ jobArn }: Batch) =>
    run(async () => {
      await callJson(`model-invocation-job/${encodeURIComponent(jobArn)}/stop`, { method: 'POST' })
      await refresh()
    })

  useEffect(() => void refresh(), [])
  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(() => void refresh(), POLL_MS)
    return () => clearInterval(timer)
  }, [isRunning])

  return (
    <section aria-labelledby="batches">
      <h2 id="batches">Batches</h2>
      <ModelPicker label="Model of the batch" models={models} value={modelId} onChange={setModelId} />
      <div class="buttons">
        <label>
          Records are{' '}
          <select value={type} onChange={(event) => setType(event.currentTarget.value)}>
            <option value="Converse">Converse requests</option>
            <option value="InvokeModel">native bodies</option>
          </select>
        </label>
        <FileButton label="Start from a .jsonl file" accept=".jsonl" onFiles={start} />
      </div>
      {problem && (
        <p class="error" role="alert">
          {toPlainText(problem)}
        </p>
      )}
      {batches.length === 0 ? (
        <p class="note">No batches.</p>
      ) : (
        <ul class="batches">
          {batches.map((batch) => (
            <li key={batch.jobArn}>
              <BatchRow batch={batch} onStop={stop} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function BatchRow({ batch, onStop }: { readonly batch: Batch; readonly onStop: (batch: Batch) => unknown }) {
  const { jobArn, jobName, status, message, submitTime, endTime, routeReason, route, estimatedCost } = batch
  const id = jobArn.split('/').at(-1) ?? ''
  const { totalRecordCount = 0, processedRecordCount = 0, errorRecordCount = 0 } = batch
  return (
    <details>
      <summary>
        <time>{new Date(submitTime).toLocaleString()}</time> <b>{toPlainText(status)}</b>{' '}
        {toPlainText(`${jobName} ${id}`)}{' '}
        {totalRecordCount > 0 && `${processedRecordCount} of ${totalRecordCount} records, ${errorRecordCount} errors`}
      </summary>
      <progress aria-label={`Progress of ${id}`} max={totalRecordCount || 1} value={processedRecordCount} />
      <p class="note">
        {route && toPlainText(`${route}: ${routeReason}`)}{' '}
        {estimatedCost?.usd != null && `$${estimatedCost.usd.toFixed(6)}`}{' '}
        {toPlainText(batch.outputDataConfig?.s3OutputDataConfig?.s3Uri ?? '')}
      </p>
      {message && <p class="error">{toPlainText(message)}</p>}
      {endTime === undefined && (
        <button type="button" onClick={() => onStop(batch)}>
          Stop {toPlainText(id)}
        </button>
      )}
    </details>
  )
}
