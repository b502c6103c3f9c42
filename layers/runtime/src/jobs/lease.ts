import { randomUUID } from 'node:crypto'
import type { ObjectStore } from '../core/object-store.ts'
import type { JobLease } from './documents.ts'
import { type JobName, jobKey } from './layout.ts'
import { readJobFile, type Versioned } from './read-job.ts'

/** Lease that this invocation holds. All changes must use this object, which knows the latest etag. */
export interface HeldLease {
  readonly attempt: number
  /** Counts another try before it is made. Returns false if another invocation has taken over the lease. */
  beginAttempt(): Promise<boolean>
  /** Releases the job for another try, not before this time in milliseconds since 1970. */
  release(notBefore: number): Promise<void>
}

export type LeaseOutcome =
  | { readonly held: HeldLease }
  /** Another invocation works on the job, or it is too early. */
  | { readonly held: undefined; readonly lost: false }
  /** The last holder's time has passed, and it recorded no end. */
  | { readonly held: undefined; readonly lost: true; readonly attempts: number }

export interface Claim {
  /** Id of this invocation. Lambda retries a failed invocation with the same id. */
  readonly holder: string
  /** End of this invocation, in milliseconds since 1970. */
  readonly until: number
  readonly now: number
}

/** Upper bound for the difference between the clocks of two machines. */
export const CLOCK_MARGIN_MS = 5000

/**
 * Takes the lease of a job, the right to work on it. A conditional write ensures that only one invocation holds it: the lease
 * must not have changed since it was read.
 */
export async function takeLease(store: ObjectStore, name: JobName, claim: Claim): Promise<LeaseOutcome> {
  const location = { bucket: store.bucket, key: jobKey(name, 'lease.json') }
  const present = await readJobFile<JobLease>(store, name, 'lease.json')
  if (present && present.document.holder !== null) {
    const { holder, until, attempt } = present.document
    const isOver = claim.now > until + (holder === claim.holder ? 0 : CLOCK_MARGIN_MS)
    if (isOver) return { held: undefined, lost: true, attempts: attempt }
    // The holder is this invocation: Lambda retried it before its time ended, so the first process is gone.
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

/**
 * Checks whether a failed conditional write had succeeded. If its answer was lost, the SDK's retry fails, but the stored
 * document is the same. Returns its etag.
 */
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
