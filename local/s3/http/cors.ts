import type { Answer } from '../operations/operation.ts'
import { S3Error } from './s3-error.ts'
import type { S3Request } from './s3-request.ts'

/** One rule of a bucket's CORS configuration. Source: Amazon S3 API Reference, CORSRule. */
export interface CorsRule {
  /** Each may hold one `*`. */
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly string[]
  /** In lower case; each may hold one `*`. */
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
  readonly maxAgeSeconds?: number
}

/**
 * The answer to a preflight.
 *
 * BadRequest without an origin or a method, AccessForbidden where no rule allows the request.
 */
export function answerPreflight(request: S3Request, rules: readonly CorsRule[]): Answer {
  const origin = request.ownHeader('origin')
  const method = request.ownHeader('access-control-request-method')
  if (origin === undefined) {
    throw new S3Error('BadRequest', { message: 'Insufficient information. Origin request header needed.' })
  }
  if (method === undefined) {
    throw new S3Error('BadRequest', { message: 'Invalid Access-Control-Request-Method: null' })
  }
  const headers = readNames(request.ownHeader('access-control-request-headers'))
  const rule = findRule(rules, { origin, method, headers })
  if (!rule) {
    throw new S3Error('AccessForbidden', {
      ...(rules.length === 0 && { message: 'CORSResponse: CORS is not enabled for this bucket.' }),
      elements: { Method: method, ResourceType: request.key === undefined ? 'BUCKET' : 'OBJECT' },
    })
  }
  return {
    statusCode: 200,
    headers: {
      ...headersOf(rule, origin),
      ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
    },
  }
}

/** Headers for the answer to a request that is not a preflight; none where no rule allows it. */
export function corsHeaders(request: S3Request, rules: readonly CorsRule[]): Readonly<Record<string, string>> {
  const origin = request.ownHeader('origin')
  if (origin === undefined) return {}
  const rule = findRule(rules, { origin, method: request.method, headers: [] })
  return rule ? headersOf(rule, origin) : {}
}

interface CrossOriginCall {
  readonly origin: string
  readonly method: string
  /** In lower case. */
  readonly headers: readonly string[]
}

/** The first rule that allows the origin, the method and each header. */
function findRule(rules: readonly CorsRule[], { origin, method, headers }: CrossOriginCall): CorsRule | undefined {
  return rules.find(
    ({ allowedOrigins, allowedMethods, allowedHeaders }) =>
      allowedOrigins.some((pattern) => matches(pattern, origin)) &&
      allowedMethods.includes(method) &&
      headers.every((header) => allowedHeaders.some((pattern) => matches(pattern, header))),
  )
}

/** S3 answers `*` as such, and any other origin by its name and with credentials. */
function headersOf(rule: CorsRule, origin: string): Record<string, string> {
  const { allowedOrigins, allowedMethods, exposedHeaders, maxAgeSeconds } = rule
  const isForAnyOrigin = allowedOrigins.includes('*')
  return {
    'access-control-allow-origin': isForAnyOrigin ? '*' : origin,
    'access-control-allow-methods': allowedMethods.join(', '),
    ...(!isForAnyOrigin && { 'access-control-allow-credentials': 'true' }),
    ...(exposedHeaders.length > 0 && { 'access-control-expose-headers': exposedHeaders.join(', ') }),
    ...(maxAgeSeconds !== undefined && { 'access-control-max-age': String(maxAgeSeconds) }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  }
}

function readNames(header = ''): string[] {
  return header
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
}

function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star === -1) return pattern === text
  const start = pattern.slice(0, star)
  const end = pattern.slice(star + 1)
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end)
}
