import type { BucketCorsRule } from './model.ts'
import type { PropertyReader } from './read-property.ts'

/** OPTIONS is not among them: S3 answers preflights itself. */
const METHODS = new Set(['GET', 'PUT', 'HEAD', 'POST', 'DELETE'])

/** `CorsConfiguration` of a bucket. Source: Amazon S3 API Reference, PutBucketCors. */
export function readBucketCors(configuration: PropertyReader): BucketCorsRule[] {
  return configuration.list('CorsRules').map((_, position) => readRule(configuration.item('CorsRules', position)))
}

function readRule(rule: PropertyReader): BucketCorsRule {
  const texts = (name: string) => rule.list(name).map(String)
  const patterns = (name: string) => {
    const broad = texts(name).find((pattern) => pattern.split('*').length > 2)
    return broad === undefined ? texts(name) : rule.fail(name, `has ${broad}, S3 takes one * in each`)
  }
  for (const name of ['AllowedMethods', 'AllowedOrigins'])
    if (rule.list(name).length === 0) rule.fail(name, 'is required')
  const unknown = texts('AllowedMethods').find((method) => !METHODS.has(method))
  if (unknown !== undefined) rule.fail('AllowedMethods', `has ${unknown}, S3 knows ${[...METHODS].join(', ')}`)
  const maxAgeSeconds = rule.optionalNumber('MaxAge')
  return {
    allowedOrigins: patterns('AllowedOrigins'),
    allowedMethods: texts('AllowedMethods'),
    allowedHeaders: patterns('AllowedHeaders').map((name) => name.toLowerCase()),
    exposedHeaders: texts('ExposedHeaders'),
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
  }
}
