import type { CorsModel } from './model.ts'
import type { PropertyReader } from './read-property.ts'

/** OPTIONS is not among them: Lambda answers preflights itself, and a deploy refuses it. */
const METHODS = new Set(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT', '*'])

const LONGEST_MAX_AGE_SECONDS = 86_400

/** `FunctionUrlConfig.Cors`, within the bounds of Lambda's own. Source: Lambda API reference, "Cors". */
export function readCors(cors: PropertyReader): CorsModel {
  const texts = (name: string) => cors.list(name).map(String)
  const unknown = texts('AllowMethods').find((method) => !METHODS.has(method))
  if (unknown !== undefined) cors.fail('AllowMethods', `has ${unknown}, Lambda knows ${[...METHODS].join(', ')}`)
  const maxAgeSeconds = cors.optionalNumber('MaxAge')
  if (maxAgeSeconds !== undefined && !(maxAgeSeconds >= 0 && maxAgeSeconds <= LONGEST_MAX_AGE_SECONDS)) {
    cors.fail('MaxAge', `is ${maxAgeSeconds}, outside 0 to ${LONGEST_MAX_AGE_SECONDS}`)
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
