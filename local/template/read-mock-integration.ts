import { isObject } from './json.ts'
import type { MockIntegrationModel } from './model.ts'
import { readIntegrationResponse } from './read-integration-response.ts'
import type { PropertyReader } from './read-property.ts'

/**
 * Reads a static mock integration, as for a CORS preflight: the request template has only a status, and the default
 * response has literal headers. Throws a TemplateError for other mock integrations.
 */
export function readMockIntegration(operation: PropertyReader, integration: PropertyReader): MockIntegrationModel {
  checkRequestTemplate(integration.within('requestTemplates'))
  if (!isObject(integration.map('responses').default)) integration.fail('responses', 'needs a default response')
  const response = integration.within('responses').within('default')
  return { type: 'mock', ...readIntegrationResponse(operation, response) }
}

/** Checks the request template. Its status selects a response, and there is only one. */
function checkRequestTemplate(templates: PropertyReader): void {
  const template = templates.string('application/json')
  if (!/^\s*\{\s*"statusCode"\s*:\s*\d{3}\s*\}\s*$/.test(template)) {
    templates.fail('application/json', `is ${template}; the local stack supports {"statusCode": <number>} only`)
  }
}
