import { isObject } from './json.ts'
import type { PropertyReader } from './read-property.ts'

const HEADER_PARAMETER = /^method\.response\.header\.(?<name>[\w-]+)$/
const LITERAL = /^'(?<text>[^']*)'$/

/** Status and headers that an integration's response sets. */
export interface IntegrationResponse {
  readonly statusCode: number
  /** Values by name in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Reads `statusCode` and literal `responseParameters`. Throws a TemplateError for other parameters, and for a status or
 * header that the operation does not declare, because API Gateway refuses to import that.
 */
export function readIntegrationResponse(operation: PropertyReader, response: PropertyReader): IntegrationResponse {
  const statusCode = response.optionalNumber('statusCode') ?? response.fail('statusCode', 'is required')
  const parameters = response.within('responseParameters')
  const headers = Object.keys(response.map('responseParameters')).map((parameter) => {
    const name = HEADER_PARAMETER.exec(parameter)?.groups?.name
    const text = LITERAL.exec(parameters.string(parameter))?.groups?.text
    if (name === undefined) return parameters.fail(parameter, 'is not a method.response.header')
    if (text === undefined) return parameters.fail(parameter, `is ${parameters.string(parameter)}, not a 'literal'`)
    return [name, text] as const
  })
  const names = headers.map(([name]) => name)
  checkDeclared(operation, statusCode, names)
  return { statusCode, headers: Object.fromEntries(headers.map(([name, text]) => [name.toLowerCase(), text])) }
}

function checkDeclared(operation: PropertyReader, statusCode: number, headers: readonly string[]): void {
  const status = String(statusCode)
  if (!isObject(operation.map('responses')[status])) {
    operation.fail('responses', `does not declare ${status}, which the integration answers with`)
  }
  const declared = operation.within('responses').within(status).map('headers')
  const missing = headers.find((header) => !Object.hasOwn(declared, header))
  if (missing !== undefined) {
    operation.fail('responses', `does not declare the header ${missing} of ${status}, which the integration sets`)
  }
}
