import { randomUUID } from 'node:crypto'
import type { ObjectStore } from '../core/object-store.ts'
import type { JobLease } from './documents.ts'
import { type JobName, jobKey } from './layout.ts'
import { readJobFile, type Versioned } from './read-job.ts'

/** A lease that this invocation holds; every change of it goes through here, so that its etag is the last one. */
export interface HeldLease {
  readonly attempt: number
  /** Counts one more try before it is made. @returns false where the lease was taken over by another */
  beginAttempt(): Promise<boolean>
  /** Lets the job be tried again from that time on, milliseconds since 1970. */
  release(notBefore: number): Promise<void>
}

export type LeaseOutcome =
  | { readonly held: HeldLease }
  /** Somebody is at work, or it is too early. */
  | { readonly held: undefined; readonly lost: false }
  /** Whoever was at work had all its time and recorded nothing. */
  | { readonly held: undefined; readonly lost: true; readonly attempts: number }

export interface Claim {
  /** Id of this invocation. Lambda repeats a failed one under the same id. */
  readonly holder: string
  /** When this invocation ends, milliseconds since 1970. */
  readonly until: number
  readonly now: number
}

/** Clocks of two machines differ by less. */
export const CLOCK_MARGIN_MS = 5000

/**
 * Takes the right to work on a job. Only one at a time has it: the lease is written on the condition that it is as it was
 * read.
 */
export async function takeLease(store: ObjectStore, name: JobName, claim: Claim): Promise<LeaseOutcome> {
  const location = { bucket: store.bucket, key: jobKey(name, 'lease.json') }
  const present = await readJobFile<JobLease>(store, name, 'lease.json')
  if (present && present.document.holder !== null) {
    const { holder, until, attempt } = present.document
    const isOver = claim.now > until + (holder === claim.holder ? 0 : CLOCK_MARGIN_MS)
    if (isOver) return { held: undefined, lost: true, attempts: attempt }
    // The same invocation again, before its time was up: its first process is gone.
    if (holder !== claim.holder) return { held: undefined, lost: false }
  } else if (present && present.document.notBefore > claim.now) return { held: undefined, lost: false }
  const lease: JobLease = {
    attempt: (present?.document.attempt ?? 0) + 1,
    holder: claim.holder,
    until: claim.until,
    notBefore: 0,
    remindedAt: present?.document.remindedAt ?? 0,
    writer: randomUUID(),
  }
  const body = JSON.stringify(lease)
  const written = present ? await store.replace(location, present.etag, body) : await store.putNew(location, body)
  const etag = written?.etag ?? (await isOurs(store, name, body))
  return etag === undefined ? { held: undefined, lost: false } : { held: hold(store, name, lease, etag) }
}

/** A write whose answer was lost and that the SDK repeated looks like a lost race; its text tells. */
async function isOurs(store: ObjectStore, name: JobName, body: string): Promise<string | undefined> {
  const present: Versioned<JobLease> | undefined = await readJobFile(store, name, 'lease.json')
  return present && JSON.stringify(present.document) === body ? present.etag : undefined
}

function hold(store: ObjectStore, name: JobName, first: JobLease, firstEtag: string): HeldLease {
  const location = { bucket: store.bucket, key: jobKey(name, 'lease.json') }
  let lease = first
  let etag = firstEtag

  async function change(next: JobLease): Promise<boolean> {
    const body = JSON.stringify({ ...next, writer: randomUUID() } satisfies JobLease)
    const written = (await store.replace(location, etag, body))?.etag ?? (await isOurs(store, name, body))
    if (written === undefined) return false
    lease = next
    etag = written
    return true
  }

  return {
    get attempt() {
      return lease.attempt
    },
    beginAttempt: () => change({ ...lease, attempt: lease.attempt + 1 }),
    async release(notBefore) {
      await change({ ...lease, holder: null, until: 0, notBefore })
    },
  }
}
