import { createHash } from 'node:crypto'
import { invertId, JOB_ID } from '../core/job-id.ts'

/** Name of a job's folder. `owner` is the hash of the caller's identity. */
export interface JobName {
  readonly owner: string
  readonly id: string
}

/** Prefixes of the stack's bucket. The template's lifecycle rules and event patterns use them, too. */
export const PREFIXES = {
  jobs: 'jobs/',
  open: 'open/',
  tokens: 'tokens/',
  /** Links from Bedrock's id of an invocation to the job. */
  bedrock: 'bedrock/',
  output: 'output/',
  inbox: 'inbox/',
  outbox: 'outbox/',
} as const

export const OUTPUT_FILE = 'output.json'
export const MANIFEST_FILE = 'manifest.json'

export function tokenKey(owner: string, clientRequestToken: string): string {
  return `${PREFIXES.tokens}${owner}/${createHash('sha256').update(clientRequestToken).digest('hex')}`
}

export function openKey({ owner, id }: JobName): string {
  return `${PREFIXES.open}${id}~${owner}`
}

/** @returns undefined for any other key */
export function parseOpenKey(key: string): JobName | undefined {
  const { id, owner } = /^open\/(?<id>[a-z0-9]{12})~(?<owner>[0-9a-f]{32})$/.exec(key)?.groups ?? {}
  return id !== undefined && owner !== undefined ? { id, owner } : undefined
}

export function bedrockKey(owner: string, bedrockId: string): string {
  return `${PREFIXES.bedrock}${owner}/${bedrockId}`
}

export type JobFile = 'input' | 'request.json' | 'lease.json' | 'end.json' | 'end.Completed' | 'end.Failed'

export function jobKey({ owner, id }: JobName, file: JobFile): string {
  return `${jobsPrefix(owner)}${invertId(id)}/${file}`
}

export function jobsPrefix(owner: string): string {
  return `${PREFIXES.jobs}${owner}/`
}

/** @returns undefined for any other key */
export function parseJobKey(key: string): (JobName & { readonly file: string }) | undefined {
  const [prefix, owner = '', inverted = '', file = '', more] = key.split('/')
  if (`${prefix}/` !== PREFIXES.jobs || !/^[0-9a-f]{32}$/.test(owner) || !JOB_ID.test(inverted)) return undefined
  return file === '' || more !== undefined ? undefined : { owner, id: invertId(inverted), file }
}
