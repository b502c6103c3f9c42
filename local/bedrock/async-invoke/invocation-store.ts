import { SubmissionStore } from '../submissions/submission-store.ts'
import type { Invocation, InvocationEnd } from './invocation.ts'

/** An invocation before the store adds its sequence and times. */
export type InvocationDraft = Omit<Invocation, 'sequence' | 'submitTime' | 'lastModifiedTime' | 'status'>

/** All asynchronous invocations. */
export class InvocationStore extends SubmissionStore<Invocation> {
  /** DirectoryInUseError when another process has the directory, JournalError for a damaged journal. */
  static async open(directory: string | undefined): Promise<InvocationStore> {
    const store = new InvocationStore(({ invocationArn }) => invocationArn)
    await store.openJournal(directory, 'async-invocations.jsonl')
    return store
  }

  /** Adds an invocation, InProgress since `time`, or since the last one's time when the clock was set back. */
  add(draft: InvocationDraft, time: number): Invocation {
    const { sequence, submitTime } = this.next(time)
    return this.commit({ ...draft, sequence, submitTime, lastModifiedTime: submitTime, status: 'InProgress' })
  }

  /** Ends an invocation. One that has ended does not change. */
  end(invocationArn: string, end: InvocationEnd, time: number): void {
    const invocation = this.find(invocationArn)
    if (invocation?.status !== 'InProgress') return
    const { work: _done, ...rest } = invocation
    const endTime = Math.max(time, invocation.submitTime)
    this.commit({ ...rest, ...end, endTime, lastModifiedTime: endTime })
  }
}
