import { ConfigurationError } from '../core/configuration.ts'

/** OFF: never, whatever a request says. REQUEST: where a request asks for it. ALL: unless a request asks not to. */
export type StorageMode = 'OFF' | 'REQUEST' | 'ALL'

const MODES: readonly StorageMode[] = ['OFF', 'REQUEST', 'ALL']

/** The template's parameters about the response cache and the activity log. */
export interface StorageOptions {
  /** The stack's bucket; undefined only where nothing is stored. */
  readonly bucket: string | undefined
  readonly responseCache: StorageMode
  /** Longest life of a cached answer, in seconds, and its life where a request names none. */
  readonly responseCacheSeconds: number
  readonly activityLog: StorageMode
}

/** The bucket's rule for cache/ removes objects after eight days. */
const MAX_CACHE_SECONDS = 604_800
const DEFAULT_CACHE_SECONDS = 3600

/** @throws ConfigurationError that names the variable */
export function readStorageOptions(environment: Readonly<Record<string, string | undefined>>): StorageOptions {
  const bucket = environment.JOBS_BUCKET || undefined
  const responseCache = readMode(environment, 'RESPONSE_CACHE')
  const activityLog = readMode(environment, 'ACTIVITY_LOG')
  if (bucket === undefined && (responseCache !== 'OFF' || activityLog !== 'OFF')) {
    throw new ConfigurationError('JOBS_BUCKET is missing: RESPONSE_CACHE and ACTIVITY_LOG store their objects there')
  }
  return { bucket, responseCache, responseCacheSeconds: readSeconds(environment), activityLog }
}

function readMode(environment: Readonly<Record<string, string | undefined>>, name: string): StorageMode {
  const value = environment[name] || 'OFF'
  const mode = MODES.find((known) => known === value)
  if (mode) return mode
  throw new ConfigurationError(`${name} is "${value}", it must be one of ${MODES.join(', ')}`)
}

function readSeconds({ RESPONSE_CACHE_SECONDS: value }: Readonly<Record<string, string | undefined>>): number {
  if (!value) return DEFAULT_CACHE_SECONDS
  const seconds = Number(value)
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_CACHE_SECONDS) return seconds
  throw new ConfigurationError(
    `RESPONSE_CACHE_SECONDS is "${value}", it must be a whole number from 1 to ${MAX_CACHE_SECONDS}`,
  )
}
