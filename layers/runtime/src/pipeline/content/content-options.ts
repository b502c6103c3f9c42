import { ConfigurationError } from '../../core/configuration.ts'
import type { InputLocations } from './locations.ts'
import type { ReadObject } from './read-locations.ts'

export interface ContentOptions extends InputLocations {
  /** Reads S3 locations for models whose locations Bedrock does not read. */
  readonly read: ReadObject
  /** Places cache points if a request does not decide it; false by default. */
  readonly autoCache?: boolean
}

/** Request header that turns automatic cache points on or off. */
export const AUTO_CACHE_HEADER = 'x-bedrock-functions-auto-cache'

/** Sampling parameters, under all their names in requests. */
export const SAMPLING_NAMES = ['temperature', 'topP', 'top_p', 'topK', 'top_k'] as const

/** Resource of an IAM policy: objects below a prefix, or one object. */
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

/** Creates a reader that loads the S3 client with the first object. Other requests do not pay for it at their cold start. */
function createLazyReader(): ReadObject {
  let reader: Promise<ReadObject> | undefined
  const load = async (): Promise<ReadObject> => (await import('./read-object.ts')).createObjectReader()
  return async (location, maxBytes) => {
    reader ??= load()
    return (await reader)(location, maxBytes)
  }
}
