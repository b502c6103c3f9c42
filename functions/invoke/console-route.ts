import { gunzipSync } from 'node:zlib'
import type { RestReply } from '@bedrock-functions/runtime/core'
import { loadConsole, type Route } from '@bedrock-functions/runtime/http'

/** Creates the route GET /console: the page for browsers, whose calls have the key of its visitor. */
export function createConsoleRoute(uploadOrigin: string): Route {
  return {
    operation: 'GetConsole',
    method: 'GET',
    path: '/console',
    async handle({ request }): Promise<RestReply> {
      const { etag, policy, gzip } = await loadConsole()
      const headers = {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': `${policy}; connect-src 'self' ${uploadOrigin}`,
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        // The browser asks each time whether its copy is the page of today.
        'cache-control': 'no-cache',
        vary: 'accept-encoding',
        etag,
      }
      if (request.headers['if-none-match']?.includes(etag)) return { statusCode: 304, headers, body: Buffer.alloc(0) }
      const compressed = Buffer.from(gzip, 'base64')
      // API Gateway compresses no streamed answers.
      if (/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
        return { statusCode: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: compressed }
      }
      return { statusCode: 200, headers, body: gunzipSync(compressed) }
    },
  }
}

/** Returns the origin of presigned links to a bucket. `endpoint` replaces that of AWS. */
export function findUploadOrigin({
  JOBS_BUCKET: bucket,
  AWS_REGION: region = '',
  AWS_ENDPOINT_URL_S3: endpoint,
}: Readonly<Record<string, string | undefined>>): string {
  if (endpoint) return new URL(endpoint).origin
  return `https://${bucket}.s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}
