/** Gateway response types that the local API answers with itself. */
export type GatewayResponseType =
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'REQUEST_TOO_LARGE'
  | 'INTEGRATION_TIMEOUT'
  | 'DEFAULT_4XX'
  | 'DEFAULT_5XX'

/** An answer that the gateway gives instead of a function. */
export class GatewayFault extends Error {
  readonly responseType: GatewayResponseType
  readonly statusCode: number
  /** The header x-amzn-errortype. */
  readonly errorType: string

  constructor(
    responseType: GatewayResponseType,
    statusCode: number,
    errorType: string,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options)
    this.name = 'GatewayFault'
    this.responseType = responseType
    this.statusCode = statusCode
    this.errorType = errorType
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

export const headersTooLarge = () =>
  new GatewayFault('DEFAULT_4XX', 431, 'BadRequestException', 'Request Header Fields Too Large')

export const integrationTimeout = () =>
  new GatewayFault('INTEGRATION_TIMEOUT', 504, 'InternalServerErrorException', 'Endpoint request timed out')

/** The function failed, or answered what is no proxy response. */
export const integrationError = (cause?: unknown) =>
  new GatewayFault('DEFAULT_5XX', 502, 'InternalServerErrorException', 'Internal server error', { cause })

/** Lambda did not take the invocation (429), or the gateway itself failed. */
export const internalError = (cause?: unknown) =>
  new GatewayFault('DEFAULT_5XX', 500, 'InternalServerErrorException', 'Internal server error', { cause })
