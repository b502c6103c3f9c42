import { ConfigurationError } from '../core/configuration.ts'

/** Rule for storing: OFF is never, REQUEST is if the request asks for it, ALL is unless the request declines. */
export type StorageMode = 'OFF' | 'REQUEST' | 'ALL'

const MODES: readonly StorageMode[] = ['OFF', 'REQUEST', 'ALL']

/** Parameters of the template for the response cache and the activity log. */
export interface StorageOptions {
  /** Stack's bucket; undefined only if nothing is stored. */
  readonly bucket: string | undefined
  readonly responseCache: StorageMode
  /** Maximum and default lifetime of a cached answer, in seconds. */
  readonly responseCacheSeconds: number
  readonly activityLog: StorageMode
}

/** Limit of seven days: the bucket's lifecycle rule removes objects under cache/ after eight days. */
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
