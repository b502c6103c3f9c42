import { ConfigurationError } from '../../core/configuration.ts'

/** OFF: never, whatever a request says. REQUEST: where a request asks for it. ALL: unless a request asks not to. */
export type MemoryMode = 'OFF' | 'REQUEST' | 'ALL'

const MODES: readonly MemoryMode[] = ['OFF', 'REQUEST', 'ALL']

/** What the template's parameters decide of what is kept of calls. */
export interface MemoryConfiguration {
  /** The stack's bucket; undefined only where nothing is kept. */
  readonly bucket: string | undefined
  readonly responseCache: MemoryMode
  /** Longest life of a cached answer, in seconds, and that of those whose request does not say. */
  readonly responseCacheSeconds: number
  readonly activityLog: MemoryMode
}

/** The bucket's rule for cache/ lets objects go after eight days. */
const LONGEST_CACHE_SECONDS = 604_800
const DEFAULT_CACHE_SECONDS = 3600

/** @throws ConfigurationError that names the variable */
export function readMemoryConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): MemoryConfiguration {
  const bucket = environment.JOBS_BUCKET || undefined
  const responseCache = readMode(environment, 'RESPONSE_CACHE')
  const activityLog = readMode(environment, 'ACTIVITY_LOG')
  if (bucket === undefined && (responseCache !== 'OFF' || activityLog !== 'OFF')) {
    throw new ConfigurationError('JOBS_BUCKET is missing: RESPONSE_CACHE and ACTIVITY_LOG keep what they keep there')
  }
  return { bucket, responseCache, responseCacheSeconds: readSeconds(environment), activityLog }
}

function readMode(environment: Readonly<Record<string, string | undefined>>, name: string): MemoryMode {
  const value = environment[name] || 'OFF'
  const mode = MODES.find((known) => known === value)
  if (mode) return mode
  throw new ConfigurationError(`${name} is "${value}", it must be one of ${MODES.join(', ')}`)
}

function readSeconds({ RESPONSE_CACHE_SECONDS: value }: Readonly<Record<string, string | undefined>>): number {
  if (!value) return DEFAULT_CACHE_SECONDS
  const seconds = Number(value)
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_CACHE_SECONDS) return seconds
  throw new ConfigurationError(
    `RESPONSE_CACHE_SECONDS is "${value}", it must be a whole number from 1 to ${LONGEST_CACHE_SECONDS}`,
  )
}
