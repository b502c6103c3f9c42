import type { CorsModel } from './model.ts'
import type { PropertyReader } from './read-property.ts'

/** Methods without OPTIONS: Lambda answers preflights itself, and a deploy refuses OPTIONS. */
const METHODS = new Set(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT', '*'])

const MAX_MAX_AGE_SECONDS = 86_400

/** Reads `Cors` of an AWS::Lambda::Url within Lambda's bounds. Source: Lambda API reference, "Cors". */
export function readCors(cors: PropertyReader): CorsModel {
  const texts = (name: string) => cors.list(name).map(String)
  const unknown = texts('AllowMethods').find((method) => !METHODS.has(method))
  if (unknown !== undefined) cors.fail('AllowMethods', `has ${unknown}, Lambda takes ${[...METHODS].join(', ')}`)
  const maxAgeSeconds = cors.optionalNumber('MaxAge')
  if (maxAgeSeconds !== undefined && !(maxAgeSeconds >= 0 && maxAgeSeconds <= MAX_MAX_AGE_SECONDS)) {
    cors.fail('MaxAge', `is ${maxAgeSeconds}, it must be from 0 to ${MAX_MAX_AGE_SECONDS}`)
  }
  return {
    allowOrigins: texts('AllowOrigins'),
    allowMethods: texts('AllowMethods'),
    allowHeaders: texts('AllowHeaders'),
    exposeHeaders: texts('ExposeHeaders'),
    allowCredentials: cors.oneOf('AllowCredentials', ['true', 'false'], 'false') === 'true',
    maxAgeSeconds,
  }
}
