import { jsonReply } from '@bedrock-functions/runtime/core'
import { loadOpenApi, type Route } from '@bedrock-functions/runtime/http'
import { type DescribeModelOptions, describeModel, listModels } from '@bedrock-functions/runtime/models'

/** Creates the routes GET /models, which its query filters, and GET /models/{modelId}. */
export function createModelRoutes(options: DescribeModelOptions): Route[] {
  return [
    {
      operation: 'GetOpenApi',
      method: 'GET',
      path: '/openapi.json',
      handle: async () => jsonReply(await loadOpenApi()),
    },
    {
      operation: 'ListModels',
      method: 'GET',
      path: '/models',
      handle: async ({ request }) => jsonReply(await listModels(request.query, options.isAllowed, options.now)),
    },
    {
      operation: 'DescribeModel',
      method: 'GET',
      path: '/models/{modelId}',
      handle: async ({ labels }) => jsonReply(await describeModel(labels.modelId ?? '', options)),
    },
  ]
}
