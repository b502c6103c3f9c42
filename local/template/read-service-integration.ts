import type { ServiceIntegrationModel, ServiceResponseModel } from './model.ts'
import { readIntegrationResponse } from './read-integration-response.ts'
import type { PropertyReader } from './read-property.ts'

/** API Gateway's address of another service's action. */
const ACTION_URI = /^arn:[^:]+:apigateway:[^:]*:(?<service>[a-z]+):action\/(?<action>\w+)$/

const MIN_TIMEOUT_MS = 50
/** Maximum of an integration that does not stream. */
const MAX_TIMEOUT_MS = 29_000

/**
 * Reads an integration of type aws. The local stack supports StartSyncExecution of Step Functions. Throws a TemplateError
 * for other actions.
 */
export function readServiceIntegration(
  operation: PropertyReader,
  integration: PropertyReader,
): ServiceIntegrationModel {
  integration.oneOf('httpMethod', ['POST'], 'POST')
  const uri = integration.string('uri')
  const { service, action } = ACTION_URI.exec(uri)?.groups ?? {}
  if (service !== 'states' || action !== 'StartSyncExecution') {
    integration.fail('uri', `is ${uri}; the local stack supports …:states:action/StartSyncExecution`)
  }
  if (integration.optionalString('passthroughBehavior')?.toUpperCase() !== 'NEVER') {
    integration.fail(
      'passthroughBehavior',
      'must be NEVER, because a body without a template is not a call of the service',
    )
  }
  return {
    type: 'aws',
    service: 'states',
    action: 'StartSyncExecution',
    timeoutMs: integration.wholeNumber(
      'timeoutInMillis',
      { least: MIN_TIMEOUT_MS, most: MAX_TIMEOUT_MS },
      MAX_TIMEOUT_MS,
    ),
    requestTemplates: readTemplates(integration, 'requestTemplates'),
    responses: readResponses(operation, integration),
  }
}

function readTemplates(reader: PropertyReader, name: string): Record<string, string> {
  const templates = reader.within(name)
  const mediaTypes = Object.keys(reader.map(name))
  if (mediaTypes.length === 0) reader.fail(name, 'is required')
  return Object.fromEntries(mediaTypes.map((mediaType) => [mediaType.toLowerCase(), templates.string(mediaType)]))
}

function readResponses(operation: PropertyReader, integration: PropertyReader): ServiceResponseModel[] {
  const responses = integration.within('responses')
  const patterns = Object.keys(integration.map('responses'))
  if (!patterns.includes('default')) integration.fail('responses', 'needs a default response')
  const ordered = [...patterns.filter((pattern) => pattern !== 'default'), 'default']
  return ordered.map((pattern) => {
    const response = responses.within(pattern)
    const templates = response.within('responseTemplates')
    return {
      pattern: pattern === 'default' ? undefined : checkPattern(pattern, responses),
      ...readIntegrationResponse(operation, response),
      template: templates.optionalString('application/json'),
    }
  })
}

function checkPattern(pattern: string, responses: PropertyReader): string {
  try {
    new RegExp(pattern)
    return pattern
  } catch {
    return responses.fail(pattern, 'is not a regular expression')
  }
}
