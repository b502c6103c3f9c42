import {
  BEDROCK_HEADER_PREFIX,
  type Bedrock,
  checkModelId,
  foundationModelId,
  isModelAllowed,
  OPERATIONS,
  type OperationName,
  readUsage,
} from '@bedrock-functions/runtime/bedrock'
import { listModels } from '@bedrock-functions/runtime/catalogue'
import type { Configuration } from '@bedrock-functions/runtime/configuration'
import { BedrockError, type RestReply } from '@bedrock-functions/runtime/errors'
import type { Call, Route } from '@bedrock-functions/runtime/http'

export interface InvokeDependencies {
  readonly bedrock: Bedrock
  readonly configuration: Configuration
}

export function createRoutes(dependencies: InvokeDependencies): Route[] {
  const operations = Object.keys(OPERATIONS) as OperationName[]
  return [
    ...operations.map((operation) => createBedrockRoute(operation, dependencies)),
    createModelsRoute(dependencies),
  ]
}

/** A route that hands the caller's bytes to Bedrock and Bedrock's bytes to the caller. */
function createBedrockRoute(operation: OperationName, { bedrock, configuration }: InvokeDependencies): Route {
  return {
    operation,
    ...OPERATIONS[operation],
    async handle({ request, labels, signal, facts }) {
      const upstreamLabels = { ...labels }
      if (labels.modelId !== undefined) {
        admitModel(labels.modelId, configuration)
        facts.modelId = labels.modelId
        if (operation === 'CountTokens') upstreamLabels.modelId = foundationModelId(labels.modelId)
      }
      const reply = await bedrock.send(
        {
          path: fillPath(OPERATIONS[operation].path, upstreamLabels),
          headers: { 'content-type': 'application/json', ...passedOn(request.headers) },
          body: request.body,
        },
        { signal, retry: !retriesByItself(request) },
      )
      Object.assign(facts, { attempts: reply.attempts }, readUsage(operation, reply))
      return { ...reply, headers: passedOn(reply.headers) }
    },
  }
}

function createModelsRoute({ configuration }: InvokeDependencies): Route {
  return {
    operation: 'ListModels',
    method: 'GET',
    path: '/models',
    async handle(): Promise<RestReply> {
      const catalogue = await listModels((modelId) => isModelAllowed(modelId, configuration.allowedModels))
      return {
        statusCode: 200,
        headers: { 'content-type': 'application/json' },
        body: new TextEncoder().encode(JSON.stringify(catalogue)),
      }
    },
  }
}

function admitModel(modelId: string, { allowedModels }: Configuration): void {
  checkModelId(modelId)
  if (isModelAllowed(modelId, allowedModels)) return
  throw new BedrockError(
    'AccessDeniedException',
    `modelId ${modelId} is not among the models that this stack allows (parameter AllowedModels); GET /models lists them.`,
  )
}

function fillPath(path: string, labels: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, label: string) => encodeURIComponent(labels[label] ?? ''))
}

/** Headers that are part of Bedrock's contract; all others belong to the way between two machines. */
function passedOn(headers: Readonly<Record<string, string>>): Record<string, string> {
  const isBedrocks = (name: string) =>
    name === 'content-type' || name === 'accept' || name.startsWith(BEDROCK_HEADER_PREFIX)
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isBedrocks(name)))
}

/**
 * Whether the caller's client announces that it repeats failed calls, as AWS SDKs and the Anthropic SDK do. Then we do
 * not: three tries here for each of three there would be nine.
 */
function retriesByItself({ headers }: Call['request']): boolean {
  const announced = headers['amz-sdk-request']
  if (announced !== undefined) return !/(?:^|[;\s])max=1(?:$|[;\s])/.test(announced)
  return headers['x-stainless-retry-count'] !== undefined
}
