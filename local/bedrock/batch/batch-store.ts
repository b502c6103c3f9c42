import { SubmissionStore } from '../submissions/submission-store.ts'
import { type BatchJob, type BatchStatus, hasEnded, type JobFacts } from './batch-job.ts'

/** A job before the store adds its sequence and times. */
export type BatchDraft = Omit<BatchJob, 'sequence' | 'submitTime' | 'lastModifiedTime' | 'jobExpirationTime' | 'status'>

/** All batch inference jobs. */
export class BatchStore extends SubmissionStore<BatchJob> {
  /** DirectoryInUseError when another process has the directory, JournalError for a damaged journal. */
  static async open(directory: string | undefined): Promise<BatchStore> {
    const store = new BatchStore(({ jobArn }) => jobArn)
    await store.openJournal(directory, 'batch-jobs.jsonl')
    return store
  }

  /** Adds a job, Submitted since `time`, which expires after `lifetimeMs`. */
  add(draft: BatchDraft, time: number, lifetimeMs: number): BatchJob {
    const { sequence, submitTime } = this.next(time)
    const times = { submitTime, lastModifiedTime: submitTime, jobExpirationTime: submitTime + lifetimeMs }
    return this.commit({ ...draft, ...times, sequence, status: 'Submitted' })
  }

  /** Moves a job to a state. One that has ended does not change, and one that stops moves to no other state than an end. */
  move(jobArn: string, status: BatchStatus, time: number, facts: JobFacts): BatchJob {
    const job = this.find(jobArn)
    if (!job) throw new Error(`there is no batch job ${jobArn}`)
    if (hasEnded(job) || (job.status === 'Stopping' && !hasEnded({ status }))) return job
    const lastModifiedTime = Math.max(time, job.lastModifiedTime)
    const endTime = hasEnded({ status }) ? { endTime: lastModifiedTime } : {}
    return this.commit({ ...job, ...facts, ...endTime, lastModifiedTime, status })
  }
}
