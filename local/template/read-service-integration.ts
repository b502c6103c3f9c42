import type { ServiceIntegrationModel, ServiceResponseModel } from './model.ts'
import { readIntegrationResponse } from './read-integration-response.ts'
import type { PropertyReader } from './read-property.ts'

/** API Gateway's address of another service's action. */
const ACTION_URI = /^arn:[^:]+:apigateway:[^:]*:(?<service>[a-z]+):action\/(?<action>\w+)$/

const SHORTEST_TIMEOUT_MILLISECONDS = 50
/** Such an integration cannot stream, and so cannot be longer. */
const LONGEST_TIMEOUT_MILLISECONDS = 29_000

/**
 * An integration of type aws, of which the local stack serves Step Functions' StartSyncExecution. Throws a TemplateError
 * for any other.
 */
export function readServiceIntegration(
  operation: PropertyReader,
  integration: PropertyReader,
): ServiceIntegrationModel {
  integration.oneOf('httpMethod', ['POST'], 'POST')
  const uri = integration.string('uri')
  const { service, action } = ACTION_URI.exec(uri)?.groups ?? {}
  if (service !== 'states' || action !== 'StartSyncExecution') {
    integration.fail('uri', `is ${uri}; the local stack knows …:states:action/StartSyncExecution`)
  }
  if (integration.optionalString('passthroughBehavior')?.toUpperCase() !== 'NEVER') {
    integration.fail('passthroughBehavior', 'must be NEVER: a body without a template is no call of the service')
  }
  return {
    type: 'aws',
    service: 'states',
    action: 'StartSyncExecution',
    timeoutMilliseconds: integration.wholeNumber(
      'timeoutInMillis',
      { least: SHORTEST_TIMEOUT_MILLISECONDS, most: LONGEST_TIMEOUT_MILLISECONDS },
      LONGEST_TIMEOUT_MILLISECONDS,
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
