import { ownerOf } from '@bedrock-functions/runtime/core'
import { type JobRequest, type JobStatus, jobKey } from '@bedrock-functions/runtime/jobs'

/** Job as a listing sees it. */
export interface SeededJob {
  readonly id: string
  /** Time of submission, in milliseconds since 1970. */
  readonly time: number
  readonly status: JobStatus
}

export const BEGIN = Date.UTC(2026, 5, 1)
export const HOUR = 3_600_000

export function makeId(time: number, number: number): string {
  return time.toString(36).padStart(8, '0') + number.toString(36).padStart(4, '0')
}

/** Jobs, oldest first: seconds apart, then many in one millisecond, then none for a week, and again. */
export function makeJobs(count: number): SeededJob[] {
  let time = BEGIN
  return Array.from({ length: count }, (_, index) => {
    if (index % 500 === 499) time += 7 * 24 * HOUR
    else if (index % 500 < 400) time += 1 + ((index * 7919) % 5000)
    const status = index % 100 === 0 ? 'Failed' : index % 10 === 1 ? 'InProgress' : 'Completed'
    return { id: makeId(time, index), time, status }
  })
}

/** Makes the objects of these jobs by key. Some have ended and are not announced yet. */
export function objectsOf(jobs: readonly SeededJob[], caller: string): Map<string, string> {
  const objects = new Map<string, string>()
  const owner = ownerOf(caller)
  for (const [index, { id, time, status }] of jobs.entries()) {
    const request: JobRequest = {
      id,
      owner,
      caller,
      kind: 'converse',
      modelId: 'amazon.nova-lite-v1:0',
      input: { text: '{}' },
      output: { s3Uri: 's3://jobs-bucket/output' },
      requestHash: '',
      submitTime: new Date(time).toISOString(),
    }
    const name = { owner, id }
    objects.set(jobKey(name, 'request.json'), JSON.stringify(request))
    if (index % 3 === 0) objects.set(jobKey(name, 'input'), '')
    if (index % 2 === 0) objects.set(jobKey(name, 'lease.json'), '')
    if (status === 'InProgress') continue
    const end = { status, endTime: new Date(time + 1000).toISOString(), outputs: [], attempts: 1 }
    objects.set(jobKey(name, 'end.json'), JSON.stringify(end))
    if (index % 7 !== 0) objects.set(jobKey(name, `end.${status}`), '')
  }
  return objects
}
