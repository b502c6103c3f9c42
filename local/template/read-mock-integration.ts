import { isObject } from './json.ts'
import type { MockIntegrationModel } from './model.ts'
import { readIntegrationResponse } from './read-integration-response.ts'
import type { PropertyReader } from './read-property.ts'

/**
 * A mock integration of the static form that a CORS preflight has: a request template that says a status and nothing
 * else, and a default response whose headers are literals. Throws a TemplateError for any other.
 */
export function readMockIntegration(operation: PropertyReader, integration: PropertyReader): MockIntegrationModel {
  checkRequestTemplate(integration.within('requestTemplates'))
  if (!isObject(integration.map('responses').default)) integration.fail('responses', 'needs a default response')
  const response = integration.within('responses').within('default')
  return { type: 'mock', ...readIntegrationResponse(operation, response) }
}

/** The status in it only chooses among the responses, and there is one. */
function checkRequestTemplate(templates: PropertyReader): void {
  const template = templates.string('application/json')
  if (!/^\s*\{\s*"statusCode"\s*:\s*\d{3}\s*\}\s*$/.test(template)) {
    templates.fail('application/json', `is ${template}; the local stack knows {"statusCode": <number>} only`)
  }
}
