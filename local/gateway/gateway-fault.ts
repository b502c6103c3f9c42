/** Gateway response types that the local API answers with itself. */
export type GatewayResponseType =
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'REQUEST_TOO_LARGE'
  | 'INTEGRATION_TIMEOUT'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'ACCESS_DENIED'
  | 'UNAUTHORIZED'
  | 'INVALID_SIGNATURE'
  | 'INVALID_API_KEY'
  | 'THROTTLED'
  | 'QUOTA_EXCEEDED'
  | 'AUTHORIZER_FAILURE'
  | 'AUTHORIZER_CONFIGURATION_ERROR'
  | 'DEFAULT_4XX'
  | 'DEFAULT_5XX'

export interface GatewayFaultOptions extends ErrorOptions {
  readonly detail?: string
}

/** An answer that the gateway gives instead of a function. */
export class GatewayFault extends Error {
  readonly responseType: GatewayResponseType
  readonly statusCode: number
  /** The header x-amzn-errortype. */
  readonly errorType: string
  /** What the client is not told, for the console. */
  readonly detail: string | undefined

  constructor(
    responseType: GatewayResponseType,
    statusCode: number,
    errorType: string,
    message: string,
    options: GatewayFaultOptions = {},
  ) {
    super(message, options)
    this.name = 'GatewayFault'
    this.responseType = responseType
    this.statusCode = statusCode
    this.errorType = errorType
    this.detail = options.detail
  }
}

// Status codes and messages: API Gateway developer guide, "Gateway response types", and its answers on the wire.

/** API Gateway's word for an unknown route and for an unknown method alike. */
export const missingAuthenticationToken = () =>
  new GatewayFault(
    'MISSING_AUTHENTICATION_TOKEN',
    403,
    'MissingAuthenticationTokenException',
    'Missing Authentication Token',
  )

export const requestTooLarge = (cause?: unknown) =>
  new GatewayFault('REQUEST_TOO_LARGE', 413, 'RequestEntityTooLargeException', 'Request Entity Too Large', { cause })

/** Not documented for API Gateway: the status is HTTP's own. */
export const requestTimedOut = (cause: Error) =>
  new GatewayFault('DEFAULT_4XX', 408, 'RequestTimeoutException', cause.message, { cause })

export const headersTooLarge = () =>
  new GatewayFault('DEFAULT_4XX', 431, 'BadRequestException', 'Request Header Fields Too Large')

/** No request template is for the media type. */
export const unsupportedMediaType = () =>
  new GatewayFault('UNSUPPORTED_MEDIA_TYPE', 415, 'BadRequestException', 'Unsupported Media Type')

/** A request template reads JSON, and the body is none. */
export const badRequestBody = () =>
  new GatewayFault('DEFAULT_4XX', 400, 'BadRequestException', 'Could not parse request body into json')

export const integrationTimeout = () =>
  new GatewayFault('INTEGRATION_TIMEOUT', 504, 'InternalServerErrorException', 'Endpoint request timed out')

/** The function failed, or answered what is no proxy response. */
export const integrationError = (cause?: unknown) =>
  new GatewayFault('DEFAULT_5XX', 502, 'InternalServerErrorException', 'Internal server error', { cause })

/** Lambda did not take the invocation (429), or the gateway itself failed. */
export const internalError = (cause?: unknown) =>
  new GatewayFault('DEFAULT_5XX', 500, 'InternalServerErrorException', 'Internal server error', { cause })

// Who may not call. The messages are those that API Gateway and function URLs are seen to answer with; which response
// type an incomplete signature and an unknown access key have is not documented.

export const incompleteSignature = () =>
  new GatewayFault(
    'INVALID_SIGNATURE',
    403,
    'IncompleteSignatureException',
    "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
  )

export const invalidSignature = (message: string) =>
  new GatewayFault('INVALID_SIGNATURE', 403, 'InvalidSignatureException', message)

export const invalidSecurityToken = () =>
  new GatewayFault(
    'ACCESS_DENIED',
    403,
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  )

/** A function URL's word for a request that is not signed at all. */
export const functionUrlForbidden = () =>
  new GatewayFault(
    'ACCESS_DENIED',
    403,
    'AccessDeniedException',
    'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
  )

/** No token, one that does not match the authorizer's expression, or the authorizer's own word. */
export const unauthorized = () => new GatewayFault('UNAUTHORIZED', 401, 'UnauthorizedException', 'Unauthorized')

/** By the policy of an authorizer. */
export const accessDenied = (isExplicit: boolean) =>
  new GatewayFault(
    'ACCESS_DENIED',
    403,
    'AccessDeniedException',
    `User is not authorized to access this resource${isExplicit ? ' with an explicit deny' : ''}`,
  )

/** The authorizer's function failed. */
export const authorizerFailure = (detail: string, cause?: unknown) =>
  new GatewayFault('AUTHORIZER_FAILURE', 500, 'AuthorizerFailureException', 'Internal server error', { detail, cause })

/** The authorizer's answer is not one. */
export const authorizerConfigurationError = (detail: string) =>
  new GatewayFault('AUTHORIZER_CONFIGURATION_ERROR', 500, 'AuthorizerConfigurationException', 'Internal server error', {
    detail,
  })

/** `detail` says why; the client is not told. */
export const invalidApiKey = (detail: string) =>
  new GatewayFault('INVALID_API_KEY', 403, 'ForbiddenException', 'Forbidden', { detail })

export const throttled = (detail: string) =>
  new GatewayFault('THROTTLED', 429, 'TooManyRequestsException', 'Too Many Requests', { detail })

export const quotaExceeded = (detail: string) =>
  new GatewayFault('QUOTA_EXCEEDED', 429, 'LimitExceededException', 'Limit Exceeded', { detail })
