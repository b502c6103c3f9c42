import { ConfigurationError } from '../../core/configuration.ts'
import type { InputLocations } from './locations.ts'
import type { ReadObject } from './read-locations.ts'

export interface ContentOptions extends InputLocations {
  /** Reads S3 locations for models for which Bedrock does not. */
  readonly read: ReadObject
  /** Whether cache points are placed where a request does not say; false by default. */
  readonly autoCache?: boolean
}

/** Asks for cache points, or for none where the stack places them by itself. */
export const AUTO_CACHE_HEADER = 'x-bedrock-functions-auto-cache'

/** Parameters of sampling, under all names that requests give them. */
export const SAMPLING_NAMES = ['temperature', 'topP', 'top_p', 'topK', 'top_k'] as const

/** A resource as an IAM policy names it: objects below a prefix, or one object. */
const OBJECT_ARN = /^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^*?]*\*?$/

/**
 * Reads the template's parameters about inputs and caching: INPUT_LOCATIONS, JOBS_BUCKET, AUTO_CACHE.
 *
 * @throws ConfigurationError
 */
export function readContentOptions(environment: Readonly<Record<string, string | undefined>>): ContentOptions {
  const { INPUT_LOCATIONS: locations, JOBS_BUCKET: bucket, AUTO_CACHE: autoCache = '' } = environment
  if (!['', 'true', 'false'].includes(autoCache)) {
    throw new ConfigurationError(`AUTO_CACHE is "${autoCache}", it must be true or false`)
  }
  return {
    inputLocations: locations?.trim() ? locations.split(',').map((arn) => requireArn(arn.trim())) : [],
    uploadsBucket: bucket || undefined,
    read: createLazyReader(),
    autoCache: autoCache === 'true',
  }
}

function requireArn(arn: string): string {
  if (OBJECT_ARN.test(arn)) return arn
  throw new ConfigurationError(
    `INPUT_LOCATIONS has "${arn}": it must be the ARN of objects, such as arn:aws:s3:::bucket/prefix/* or arn:aws:s3:::bucket/*`,
  )
}

/** The S3 client is loaded by the first request that names an object: all others would pay for it at their cold start. */
function createLazyReader(): ReadObject {
  let reader: Promise<ReadObject> | undefined
  const load = async (): Promise<ReadObject> => (await import('./read-object.ts')).createObjectReader()
  return async (location, maximumBytes) => {
    reader ??= load()
    return (await reader)(location, maximumBytes)
  }
}
