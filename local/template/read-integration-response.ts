import { isObject } from './json.ts'
import type { PropertyReader } from './read-property.ts'

const HEADER_PARAMETER = /^method\.response\.header\.(?<name>[\w-]+)$/
const LITERAL = /^'(?<text>[^']*)'$/

/** What an integration's response says of the answer. */
export interface IntegrationResponse {
  readonly statusCode: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * `responseParameters` that are literals, and `statusCode`. Throws a TemplateError for any other, and for what the
 * operation itself does not declare: API Gateway refuses to import that.
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
