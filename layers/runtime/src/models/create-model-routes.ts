import { jsonReply } from '../core/errors.ts'
import type { Route } from '../http/route.ts'
import { type DescribeModelOptions, describeModel } from './describe-model.ts'
import { listModels } from './list-models.ts'

/** GET /models, filtered by its query, and GET /models/{modelId}. */
export function createModelRoutes(options: DescribeModelOptions): Route[] {
  return [
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
