/** Codes of Node and names of the SDK for a server that is not reached. */
const NETWORK_ERRORS = [
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'TimeoutError',
]

/** Names by which AWS refuses the credentials themselves. */
const CREDENTIAL_REFUSALS = [
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'UnrecognizedClientException',
]

/** Longest time for a connection to AWS, in the options of a client's request handler. */
export const REQUEST_HANDLER = { connectionTimeout: 5_000 } as const

/** One line of an operator's mistake or of an AWS client's error, with the remedy where it is known. */
export function describeAwsError(error: unknown): string {
  const {
    name,
    message,
    code = '',
    $metadata,
  } = error as NodeJS.ErrnoException & { $metadata?: { httpStatusCode?: number } }
  const text = (message || code).replaceAll(/\s+/g, ' ')
  if (name === 'CredentialsProviderError') {
    return `${text}. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for a profile of IAM Identity Center run: aws sso login`
  }
  if (NETWORK_ERRORS.includes(code) || NETWORK_ERRORS.includes(name)) {
    return `AWS cannot be reached: ${text}. Check the network, the Region and AWS_ENDPOINT_URL.`
  }
  if (CREDENTIAL_REFUSALS.includes(name)) return `AWS refuses the credentials (${name}): ${text} Renew them.`
  // The SDK's name for an answer without an AWS error.
  if (name === 'Unknown') {
    return `The answer is not from AWS (status ${$metadata?.httpStatusCode}). Check the proxy and AWS_ENDPOINT_URL.`
  }
  return name === 'Error' ? text : `${name}: ${text}`
}
