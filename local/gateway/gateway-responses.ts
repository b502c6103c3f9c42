import type { GatewayResponseModel, RestApiModel } from '../template/model.ts'
import { TemplateError } from '../template/template-error.ts'
import type { GatewayFault } from './gateway-fault.ts'
import type { RenderedResponse } from './gateway-server.ts'
import { headerValue, type ReceivedRequest } from './received-request.ts'
import type { RequestContext } from './request-context.ts'

export interface GatewayResponses {
  render(fault: GatewayFault, received: ReceivedRequest, context: RequestContext): RenderedResponse
}

const HEADER_PARAMETER = /^gatewayresponse\.header\.(?<name>.+)$/
const PARAMETER_VALUE = /^(?:'(?<literal>.*)'|context\.(?<context>[\w.]+)|method\.request\.header\.(?<header>[\w-]+))$/
/** A gateway response has variables only, no template language. */
const TEMPLATE_LANGUAGE = /#(?:set|if|else|end|foreach)\b|\$(?:util|input)\b/

const BUILT_IN: GatewayResponseModel = {
  statusCode: undefined,
  responseParameters: {},
  responseTemplates: { 'application/json': '{"message":$context.error.messageString}' },
}

/**
 * The definition's gateway responses over API Gateway's built-in ones: a type without its own takes DEFAULT_4XX or
 * DEFAULT_5XX, status code included. Throws a TemplateError for an expression that is not supported.
 */
export function createGatewayResponses(api: RestApiModel): GatewayResponses {
  for (const [type, response] of Object.entries(api.gatewayResponses)) {
    checkExpressions(`${api.logicalId}: gateway response ${type}`, response)
  }

  return {
    render(fault, received, context) {
      const fallback = fault.statusCode < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'
      const response = api.gatewayResponses[fault.responseType] ?? api.gatewayResponses[fallback] ?? BUILT_IN
      const variables = {
        ...context,
        error: {
          message: fault.message,
          messageString: JSON.stringify(fault.message),
          responseType: fault.responseType,
        },
      }
      const [contentType, template] = chooseTemplate(response)
      return {
        statusCode: response.statusCode ?? fault.statusCode,
        headers: {
          'content-type': contentType,
          'x-amzn-errortype': fault.errorType,
          ...renderHeaders(response, variables, received),
        },
        body: template.replace(/\$context\.([a-zA-Z][\w.]*)/g, (_whole, path: string) => lookUp(variables, path)),
      }
    },
  }
}

function chooseTemplate({ responseTemplates }: GatewayResponseModel): readonly [string, string] {
  const json = responseTemplates['application/json']
  if (json !== undefined) return ['application/json', json]
  return Object.entries(responseTemplates)[0] ?? chooseTemplate(BUILT_IN)
}

function renderHeaders(response: GatewayResponseModel, variables: object, received: ReceivedRequest) {
  const headers: Record<string, string> = {}
  for (const [parameter, expression] of Object.entries(response.responseParameters)) {
    const name = HEADER_PARAMETER.exec(parameter)?.groups?.name?.toLowerCase()
    const value = PARAMETER_VALUE.exec(expression)?.groups
    if (name === undefined || value === undefined) continue
    headers[name] =
      value.literal ??
      (value.context === undefined
        ? (headerValue(received, value.header?.toLowerCase() ?? '') ?? '')
        : lookUp(variables, value.context))
  }
  return headers
}

/** A variable that does not exist is empty, as in API Gateway. */
function lookUp(variables: object, path: string): string {
  const value = path
    .split('.')
    .reduce<unknown>(
      (level, name) =>
        typeof level === 'object' && level !== null && Object.hasOwn(level, name)
          ? (level as Record<string, unknown>)[name]
          : undefined,
      variables,
    )
  return value === undefined || value === null ? '' : String(value)
}

function checkExpressions(path: string, response: GatewayResponseModel): void {
  for (const [parameter, expression] of Object.entries(response.responseParameters)) {
    if (!HEADER_PARAMETER.test(parameter) || !PARAMETER_VALUE.test(expression)) {
      throw new TemplateError([`${path}: response parameter ${parameter}: ${expression} is not supported`])
    }
  }
  for (const template of Object.values(response.responseTemplates)) {
    if (TEMPLATE_LANGUAGE.test(template)) {
      throw new TemplateError([`${path}: a gateway response has $context variables only: ${template}`])
    }
  }
}
