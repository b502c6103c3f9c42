import { ConfigurationError } from '../../core/configuration.ts'
import type { ContentOptions } from './content-stage.ts'
import type { ReadObject } from './read-locations.ts'

/** A resource as an IAM policy names it: objects below a prefix, or one object. */
const OBJECT_ARN = /^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^*?]*\*?$/

/**
 * What the template's parameters say of inputs and caching: INPUT_LOCATIONS, JOBS_BUCKET, AUTO_CACHE.
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
