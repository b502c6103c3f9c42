import { AwsJsonError } from '../events/http/aws-json-error.ts'
import type { AnyResponse } from '../net/dual-protocol-server.ts'
import { isObject, type JsonObject } from '../template/json.ts'
import type { RestApiModel, ServiceIntegrationModel, ServiceResponseModel } from '../template/model.ts'
import { createDeadline } from './deadline.ts'
import { multiValues, parseQuery } from './event-fields.ts'
import { badRequestBody, integrationError, integrationTimeout, unsupportedMediaType } from './gateway-fault.ts'
import { type IntegrationOutcome, writeHead } from './integration.ts'
import { headerValue, type ReceivedRequest } from './received-request.ts'
import type { RequestContext } from './request-context.ts'
import type { MatchedRoute } from './route-table.ts'
import { renderTemplate, TemplateInputError, type TemplateVariables } from './velocity.ts'

/** Calls the service with an action's request; rejects with the AwsJsonError that it answers. */
export type ServiceCall = (request: JsonObject) => Promise<JsonObject>

export interface ServiceIntegrationCall {
  readonly integration: ServiceIntegrationModel
  readonly call: ServiceCall
  readonly received: ReceivedRequest
  readonly body: Buffer
  readonly route: MatchedRoute
  readonly context: RequestContext
  readonly api: RestApiModel
  readonly response: AnyResponse
  readonly gatewayHeaders: Readonly<Record<string, string>>
}

/**
 * An integration of type aws: a template makes the service's request, another the answer. At the timeout the client gets
 * its 504; what the service does goes on.
 */
export async function runServiceIntegration(exchange: ServiceIntegrationCall): Promise<IntegrationOutcome> {
  const { integration, call, received, body, response, gatewayHeaders } = exchange
  const deadline = createDeadline(integration.timeoutMs, integration.timeoutMs, integrationTimeout)
  try {
    const variables = describeRequest(exchange)
    const request = renderRequest(chooseTemplate(integration, received), { ...variables, body: body.toString() })
    const { status, document } = await deadline.race(answerOf(call, request))
    const chosen = chooseResponse(integration.responses, status)
    const answer = renderAnswer(chosen, { ...variables, body: JSON.stringify(document) })
    const head = { statusCode: answer.statusCode, headers: Object.entries(answer.headers).map(oneValue) }
    const hasBody = writeHead({ method: received.method, response, gatewayHeaders }, head)
    response.end(hasBody ? answer.text : '')
    return { cold: false }
  } finally {
    deadline.clear()
  }
}

function describeRequest({ received, route, context, api }: ServiceIntegrationCall): Omit<TemplateVariables, 'body'> {
  const lastValues = (pairs: readonly (readonly [string, string])[]) =>
    Object.fromEntries(Object.entries(multiValues(pairs)).map(([name, values]) => [name, values.at(-1) ?? '']))
  return {
    context: { ...context },
    stageVariables: api.stageVariables,
    parameters: {
      path: route.pathParameters,
      querystring: lastValues(parseQuery(received.rawQuery)),
      header: lastValues(received.headers.map(([name, value]) => [name.toLowerCase(), value])),
    },
  }
}

/** Selects a template by the media type of the request. No media type counts as JSON. */
function chooseTemplate({ requestTemplates }: ServiceIntegrationModel, received: ReceivedRequest): string {
  const contentType = headerValue(received, 'content-type') ?? 'application/json'
  const template = requestTemplates[contentType.split(';')[0]?.trim().toLowerCase() ?? '']
  if (template === undefined) throw unsupportedMediaType()
  return template
}

function renderRequest(template: string, variables: TemplateVariables): JsonObject {
  const { text } = render(template, variables)
  try {
    const request: unknown = JSON.parse(text)
    if (isObject(request)) return request
  } catch {
    // The check below reports it like JSON that is not an object.
  }
  throw integrationError(new Error('the request template made no JSON object'))
}

function render(template: string, variables: TemplateVariables) {
  try {
    return renderTemplate(template, variables)
  } catch (error) {
    if (error instanceof TemplateInputError) throw badRequestBody()
    throw integrationError(error)
  }
}

/** Selects the response by the status of the service. */
async function answerOf(call: ServiceCall, request: JsonObject): Promise<{ status: number; document: JsonObject }> {
  try {
    return { status: 200, document: await call(request) }
  } catch (error) {
    if (!(error instanceof AwsJsonError)) throw error
    return { status: error.statusCode, document: { __type: error.name, message: error.message } }
  }
}

function chooseResponse(responses: readonly ServiceResponseModel[], status: number): ServiceResponseModel {
  const matching = responses.find(
    ({ pattern }) => pattern === undefined || new RegExp(`^(?:${pattern})$`).test(String(status)),
  )
  if (!matching) throw integrationError(new Error(`no response is for status ${status}`))
  return matching
}

function renderAnswer(response: ServiceResponseModel, variables: TemplateVariables) {
  if (response.template === undefined) {
    return { statusCode: response.statusCode, headers: response.headers, text: variables.body }
  }
  const { text, status, headers } = render(response.template, variables)
  return { statusCode: status ?? response.statusCode, headers: { ...response.headers, ...headers }, text }
}

function oneValue([name, value]: [string, string]): readonly [string, readonly string[]] {
  return [name, [value]]
}
