import type { ListedModel } from '@bedrock-functions/runtime/models'
import { useEffect, useRef, useState } from 'preact/hooks'
import { callJson } from './api.ts'
import { Batches } from './batches.tsx'
import { FileButton } from './file-button.tsx'
import { attach } from './files.ts'
import { ModelPicker } from './model-picker.tsx'
import { toPlainText } from './plain-text.ts'
import { upload } from './upload.ts'
import { useFileDrop } from './use-file-drop.ts'
import { describeError } from './use-stream.ts'
import { WindowList } from './window-list.tsx'

/** Member of ListAsyncInvokes and answer of GetAsyncInvoke, with what the suite adds. */
interface Job {
  readonly invocationArn: string
  readonly modelArn?: string
  readonly status: 'InProgress' | 'Completed' | 'Failed'
  readonly submitTime: string
  readonly endTime?: string
  readonly failureMessage?: string
  readonly usage?: { readonly inputTokens?: number; readonly outputTokens?: number }
  readonly outputs?: readonly { readonly s3Uri: string; readonly url: string }[]
}

interface JobPage {
  readonly asyncInvokeSummaries: readonly Job[]
  readonly nextToken?: string
}

/** Pause between two looks at the list while a job runs. */
const POLL_MS = 1000

const PAGE_SIZE = 100

export function Jobs({ models }: { readonly models: readonly ListedModel[] }) {
  const [modelId, setModelId] = useState('global.anthropic.claude-sonnet-4-6')
  const [prompt, setPrompt] = useState('')
  const [uploads, setUploads] = useState<readonly { name: string; s3Uri: string }[]>([])
  const [problem, setProblem] = useState<string>()
  const [status, setStatus] = useState('')
  const [chosen, setChosen] = useState<string>()
  const { jobs, hasMore, refresh, loadMore, listProblem } = useJobs(status)

  async function run(action: () => Promise<unknown>) {
    setProblem(undefined)
    try {
      await action()
    } catch (error) {
      const { type, message } = describeError(error)
      setProblem(`${type}: ${message}`)
    }
  }

  const startJob = () =>
    run(async () => {
      const files = uploads.map(({ name, s3Uri }) => attach(name, { s3Location: { uri: s3Uri } }).block)
      const content = [...files, ...(prompt.trim() === '' ? [] : [{ text: prompt }])]
      const { invocationArn } = await callJson<{ invocationArn: string }>('async-invoke', {
        body: { modelId, input: { converse: { messages: [{ role: 'user', content }] } } },
      })
      setPrompt('')
      setUploads([])
      setChosen(invocationArn)
      await refresh()
    })

  const addFiles = (files: readonly File[]) =>
    run(async () => {
      for (const file of files) {
        attach(file.name, { bytes: '' })
        const s3Uri = await upload(file)
        setUploads((known) => [...known, { name: file.name, s3Uri }])
      }
    })

  const dropTarget = useFileDrop(addFiles)

  return (
    <div ref={dropTarget}>
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault()
          void startJob()
        }}
      >
        <h2>Start a job</h2>
        <ModelPicker label="Model of the job" models={models} value={modelId} onChange={setModelId} />
        <label for="job-prompt">Prompt of the job</label>
        <textarea id="job-prompt" rows={3} value={prompt} onInput={(event) => setPrompt(event.currentTarget.value)} />
        {uploads.length > 0 && (
          <ul class="chips" aria-label="Uploads">
            {uploads.map(({ name, s3Uri }) => (
              <li key={s3Uri} title={s3Uri}>
                {toPlainText(name)}
              </li>
            ))}
          </ul>
        )}
        {problem && (
          <p class="error" role="alert">
            {toPlainText(problem)}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="primary" disabled={prompt.trim() === '' && uploads.length === 0}>
            Start
          </button>
          <FileButton label="Upload files" multiple onFiles={addFiles} />
        </div>
      </form>
      <section aria-labelledby="jobs-list">
        <h2 id="jobs-list">Jobs</h2>
        <div class="buttons">
          <label>
            Status{' '}
            <select value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
              <option value="">all</option>
              <option>InProgress</option>
              <option>Completed</option>
              <option>Failed</option>
            </select>
          </label>
          <button type="button" onClick={() => void refresh()}>
            Refresh
          </button>
          {hasMore && (
            <button type="button" onClick={() => void loadMore()}>
              Load more
            </button>
          )}
        </div>
        {listProblem && (
          <p class="error" role="alert">
            {toPlainText(listProblem)}
          </p>
        )}
        {jobs.length === 0 ? (
          <p class="note">No jobs.</p>
        ) : (
          <WindowList
            label="Jobs, newest first"
            items={jobs}
            rowHeight={32}
            height={Math.min(320, jobs.length * 32)}
            keyOf={({ invocationArn }) => invocationArn}
            renderRow={(job) => (
              <button
                type="button"
                class="row"
                aria-pressed={job.invocationArn === chosen}
                onClick={() => setChosen(job.invocationArn)}
              >
                <span class="line">
                  <time>{new Date(job.submitTime).toLocaleString()}</time> <b>{toPlainText(job.status)}</b>{' '}
                  {nameOf(job)}
                </span>
              </button>
            )}
          />
        )}
        {chosen && (
          <JobDetails arn={chosen} status={jobs.find(({ invocationArn }) => invocationArn === chosen)?.status} />
        )}
      </section>
      <Batches models={models} />
    </div>
  )
}

function nameOf({ modelArn, invocationArn }: Job): string {
  return toPlainText(`${modelArn?.split('/').slice(1).join('/') ?? ''} ${invocationArn.split('/').at(-1)}`)
}

interface JobList {
  readonly jobs: readonly Job[]
  readonly nextToken?: string | undefined
}

/** Replaces the newest jobs of the list by a new first page. Older ones that are loaded already stay. */
function renew({ jobs, nextToken }: JobList, page: JobPage): JobList {
  const last = page.asyncInvokeSummaries.at(-1)?.invocationArn
  const end = jobs.findIndex(({ invocationArn }) => invocationArn === last)
  const older = end < 0 ? [] : jobs.slice(end + 1)
  return {
    jobs: [...page.asyncInvokeSummaries, ...older],
    nextToken: older.length > 0 ? nextToken : page.nextToken,
  }
}

/** The caller's jobs. While one runs, the first page is read again and again. */
function useJobs(status: string) {
  const [list, setList] = useState<JobList>({ jobs: [] })
  const [listProblem, setListProblem] = useState<string>()
  const hasRunning = list.jobs.some((job) => job.status === 'InProgress')
  const asked = useRef(status)
  asked.current = status

  async function read(token: string | undefined, merge: (known: JobList, page: JobPage) => JobList) {
    const query = new URLSearchParams({ maxResults: String(PAGE_SIZE), sortOrder: 'Descending' })
    if (status !== '') query.set('statusEquals', status)
    if (token !== undefined) query.set('nextToken', token)
    try {
      const page = await callJson<JobPage>(`async-invoke?${query}`)
      if (status !== asked.current) return
      setList((known) => merge(known, page))
      setListProblem(undefined)
    } catch (error) {
      const { type, message } = describeError(error)
      setListProblem(`${type}: ${message}`)
    }
  }

  const refresh = () => read(undefined, renew)
  const loadMore = (token: string | undefined) =>
    read(token, (known, { asyncInvokeSummaries, nextToken }) =>
      known.nextToken === token ? { jobs: [...known.jobs, ...asyncInvokeSummaries], nextToken } : known,
    )
  useEffect(() => {
    setList({ jobs: [] })
    void refresh()
  }, [status])
  useEffect(() => {
    if (!hasRunning) return
    const timer = setInterval(() => void refresh(), POLL_MS)
    return () => clearInterval(timer)
  }, [hasRunning, status])
  const { jobs, nextToken } = list
  return { jobs, hasMore: nextToken !== undefined, listProblem, refresh, loadMore: () => loadMore(nextToken) }
}

function JobDetails({ arn, status }: { readonly arn: string; readonly status: string | undefined }) {
  const [job, setJob] = useState<Job>()
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    setProblem(undefined)
    callJson<Job>(`async-invoke/${encodeURIComponent(arn)}`).then(setJob, (error: unknown) =>
      setProblem(describeError(error).message),
    )
  }, [arn, status])
  if (problem) {
    return (
      <p class="error" role="alert">
        {toPlainText(problem)}
      </p>
    )
  }
  if (!job) return null
  const { usage, outputs = [], failureMessage } = job
  return (
    <dl class="details" aria-label="Chosen job">
      <div>
        <dt>ARN</dt>
        <dd>{toPlainText(job.invocationArn)}</dd>
      </div>
      <div>
        <dt>Status</dt>
        <dd>{toPlainText(job.status)}</dd>
      </div>
      {failureMessage && (
        <div>
          <dt>Reason</dt>
          <dd>{toPlainText(failureMessage)}</dd>
        </div>
      )}
      {usage && (
        <div>
          <dt>Tokens</dt>
          <dd>
            {usage.inputTokens ?? 0} in, {usage.outputTokens ?? 0} out
          </dd>
        </div>
      )}
      {outputs.map(({ s3Uri, url }) => (
        <div key={s3Uri}>
          <dt>Output</dt>
          <dd>
            <a href={url} target="_blank" rel="noopener noreferrer">
              {toPlainText(s3Uri)}
            </a>
          </dd>
        </div>
      ))}
    </dl>
  )
}
