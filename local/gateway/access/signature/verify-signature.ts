import { createHash, timingSafeEqual } from 'node:crypto'
import { Sha256Node } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import { multiValues, parseQuery } from '../../event-fields.ts'
import { incompleteSignature, invalidSecurityToken, invalidSignature } from '../../gateway-fault.ts'
import { headerValue, type ReceivedRequest } from '../../received-request.ts'
import type { Credential } from './credentials.ts'
import { parseAuthorization, type SignedAuthorization } from './parse-authorization.ts'

export interface SignatureVerifierOptions {
  /** Service name of valid signatures: that of API Gateway, or that of Lambda for function URLs. */
  readonly service: 'execute-api' | 'lambda'
  readonly region: string
  readonly credentials: readonly Credential[]
  /** Milliseconds since 1970; Date.now by default. */
  readonly clock?: () => number
}

export interface SignatureVerifier {
  /**
   * The access key of a request signed with Signature Version 4; rejects with a GatewayFault for any other, and reads the
   * body only where the header leaves a doubt.
   */
  verify(received: ReceivedRequest, body: () => Promise<Buffer>): Promise<string>
}

/** Validity of a signature before and after its date. Source: IAM user guide, "Troubleshoot signing errors". */
const MAX_SKEW_MINUTES = 5

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

/**
 * Verifies signatures in the header Authorization, the body's hash among what is signed. Signatures in the query, as in
 * presigned URLs, are not looked at.
 */
export function createSignatureVerifier(options: SignatureVerifierOptions): SignatureVerifier {
  const { service, region, credentials, clock = Date.now } = options

  function checkScope(authorization: SignedAuthorization, sentAt: string): void {
    const problems = [
      authorization.region === region ? undefined : `Credential should be scoped to a valid region.`,
      authorization.service === service
        ? undefined
        : `Credential should be scoped to correct service: '${service}'.${describeService(authorization.service, service)}`,
      sentAt.startsWith(authorization.date)
        ? undefined
        : `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.`,
      authorization.signedHeaders.some((name) => name === 'host' || name === ':authority')
        ? undefined
        : `'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.`,
    ].filter((problem) => problem !== undefined)
    if (problems.length > 0) throw invalidSignature(problems.join(' '))
  }

  function checkAge(sentAt: string, signedAt: Date): void {
    const now = clock()
    const skew = MAX_SKEW_MINUTES * 60_000
    const [earliest, latest] = [writeDate(now - skew), writeDate(now + skew)]
    const limit = (word: string) => `(${writeDate(now)} ${word} ${MAX_SKEW_MINUTES} min.)`
    if (signedAt.getTime() < now - skew) {
      throw invalidSignature(`Signature expired: ${sentAt} is now earlier than ${earliest} ${limit('-')}`)
    }
    if (signedAt.getTime() > now + skew) {
      throw invalidSignature(`Signature not yet current: ${sentAt} is still later than ${latest} ${limit('+')}`)
    }
  }

  return {
    async verify(received, body) {
      const authorization = parseAuthorization(headerValue(received, 'authorization') ?? '')
      const sentAt = headerValue(received, 'x-amz-date') ?? ''
      const signedAt = readDate(sentAt)
      if (!authorization || !signedAt) throw incompleteSignature()
      checkScope(authorization, sentAt)
      checkAge(sentAt, signedAt)
      const credential = credentials.find(({ accessKey }) => accessKey === authorization.accessKey)
      // Local credentials have no session, so no session token.
      if (!credential || headerValue(received, 'x-amz-security-token') !== undefined) throw invalidSecurityToken()
      const expected = await sign({ received, body: await body(), authorization, signedAt, credential })
      if (!isEqual(expected, authorization.signature)) throw invalidSignature(MISMATCH)
      return credential.accessKey
    },
  }
}

/** Explains the most likely mistake: AWS SDKs sign operations of Bedrock for Bedrock. */
function describeService(signedFor: string, service: string): string {
  return signedFor === 'bedrock'
    ? ` An AWS SDK signs for bedrock unless its signing name is ${service}; see docs/callers.md.`
    : ''
}

interface Signing {
  readonly received: ReceivedRequest
  readonly body: Buffer
  readonly authorization: SignedAuthorization
  readonly signedAt: Date
  readonly credential: Credential
}

/** Computes the expected signature; undefined: the declared hash differs from the body. */
async function sign({ received, body, authorization, signedAt, credential }: Signing): Promise<string | undefined> {
  const { region, service, signedHeaders } = authorization
  const announced = headerValue(received, 'x-amz-content-sha256')
  if (announced !== undefined && announced !== createHash('sha256').update(body).digest('hex')) return undefined
  const signer = new SignatureV4({
    credentials: { accessKeyId: credential.accessKey, secretAccessKey: credential.secretKey },
    region,
    service,
    sha256: Sha256Node,
    applyChecksum: false,
  })
  const sent = received.headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  // With HTTP/2 the AWS SDK for JavaScript signs the host by this name.
  const named = [...sent, [':authority', headerValue(received, 'host') ?? ''] as const]
  const headers = multiValues(named.filter(([name]) => signedHeaders.includes(name)))
  const signed = await signer.sign(
    {
      method: received.method,
      protocol: 'http:',
      hostname: '',
      path: received.rawPath,
      query: multiValues(parseQuery(received.rawQuery)),
      headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(',')])),
      body,
    },
    // The signer must not leave out headers that the client has signed.
    { signingDate: signedAt, signableHeaders: new Set(signedHeaders) },
  )
  return parseAuthorization(signed.headers.authorization ?? '')?.signature
}

function isEqual(expected: string | undefined, given: string): boolean {
  if (expected === undefined) return false
  const [left, right] = [Buffer.from(expected), Buffer.from(given)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** `20260131T123456Z`; undefined for anything else. */
function readDate(text: string): Date | undefined {
  const extended = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const date = new Date(extended)
  return extended === text || Number.isNaN(date.getTime()) ? undefined : date
}

function writeDate(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]|\.\d+/g, '')
}
