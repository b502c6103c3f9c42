import { isObject } from './json.ts'
import type { MockIntegrationModel } from './model.ts'
import type { PropertyReader } from './read-property.ts'

const HEADER_PARAMETER = /^method\.response\.header\.(?<name>[\w-]+)$/
const LITERAL = /^'(?<text>[^']*)'$/

/**
 * A mock integration of the static form that a CORS preflight has: a request template that says a status and nothing
 * else, and a default response whose headers are literals. Throws a TemplateError for any other.
 */
export function readMockIntegration(operation: PropertyReader, integration: PropertyReader): MockIntegrationModel {
  checkRequestTemplate(integration.within('requestTemplates'))
  if (!isObject(integration.map('responses').default)) integration.fail('responses', 'needs a default response')
  const response = integration.within('responses').within('default')
  const statusCode = response.optionalNumber('statusCode') ?? response.fail('statusCode', 'is required')
  const parameters = response.within('responseParameters')
  const headers = Object.keys(response.map('responseParameters')).map((parameter) => {
    const name = HEADER_PARAMETER.exec(parameter)?.groups?.name
    const text = LITERAL.exec(parameters.string(parameter))?.groups?.text
    if (name === undefined) return parameters.fail(parameter, 'is not a method.response.header')
    if (text === undefined) return parameters.fail(parameter, `is ${parameters.string(parameter)}, not a 'literal'`)
    return [name, text] as const
  })
  checkDeclared(
    operation,
    statusCode,
    headers.map(([name]) => name),
  )
  return {
    type: 'mock',
    statusCode,
    headers: Object.fromEntries(headers.map(([name, text]) => [name.toLowerCase(), text])),
  }
}

/** The status in it only chooses among the responses, and there is one. */
function checkRequestTemplate(templates: PropertyReader): void {
  const template = templates.string('application/json')
  if (!/^\s*\{\s*"statusCode"\s*:\s*\d{3}\s*\}\s*$/.test(template)) {
    templates.fail('application/json', `is ${template}; the local stack knows {"statusCode": <number>} only`)
  }
}

/** API Gateway refuses to import a response, or a header of it, that the operation itself does not declare. */
function checkDeclared(operation: PropertyReader, statusCode: number, headers: readonly string[]): void {
  const status = String(statusCode)
  if (!isObject(operation.map('responses')[status])) {
    operation.fail('responses', `does not declare ${status}, which the mock integration answers with`)
  }
  const declared = operation.within('responses').within(status).map('headers')
  const missing = headers.find((header) => !Object.hasOwn(declared, header))
  if (missing !== undefined) {
    operation.fail('responses', `does not declare the header ${missing} of ${status}, which the mock integration sets`)
  }
}
