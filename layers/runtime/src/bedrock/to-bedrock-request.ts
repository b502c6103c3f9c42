import type { Configuration } from '../core/configuration.ts'
import { BedrockError } from '../core/errors.ts'
import type { Call } from '../http/route.ts'
import { checkModelId, isModelAllowed } from '../models/model-id.ts'
import { nameCaller } from '../pipeline/name-caller.ts'
import type { BedrockReply, BedrockRequest } from './bedrock-client.ts'
import { BEDROCK_HEADER_PREFIX, type Operation } from './operations.ts'

/**
 * The request to Bedrock that a caller's request is: the same bytes, Bedrock's own headers, the path with its labels
 * encoded anew, and in the request's metadata who calls. Notes the model among the call's facts.
 *
 * @param changedLabels labels that Bedrock wants otherwise than the caller gave them
 * @throws BedrockError ValidationException for a malformed model id, AccessDeniedException for one that is not allowed
 */
export function toBedrockRequest(
  { request, labels, facts }: Call,
  operation: Operation,
  configuration: Configuration,
  changedLabels: (labels: Call['labels']) => Call['labels'] = (unchanged) => unchanged,
): BedrockRequest {
  if (labels.modelId !== undefined) {
    admitModel(labels.modelId, configuration)
    facts.modelId = labels.modelId
  }
  for (const [label, form] of Object.entries(LABEL_FORMS)) checkLabel(label, labels[label], form)
  return nameCaller(
    {
      path: fillPath(operation.path, changedLabels(labels)),
      headers: { 'content-type': 'application/json', ...passedOn(request.headers) },
      body: request.body,
    },
    operation.metadata,
    request.caller,
  )
}

/** Forms of the other labels. Source: the service model of bedrock-runtime 2023-09-30. */
const LABEL_FORMS: Readonly<Record<string, RegExp>> = {
  guardrailIdentifier: /^(?:[a-z0-9]+|arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+)$/,
  guardrailVersion: /^(?:[1-9][0-9]{0,7}|DRAFT)$/,
}

/** What is not of the form could mean another path once it is in one. */
function checkLabel(label: string, value: string | undefined, form: RegExp): void {
  if (value === undefined || form.test(value)) return
  throw new BedrockError('ValidationException', `${label} does not match ${form.source}.`)
}

/**
 * @throws BedrockError ValidationException for a malformed model id, AccessDeniedException for one that is not allowed
 */
export function admitModel(modelId: string, { allowedModels }: Pick<Configuration, 'allowedModels'>): void {
  checkModelId(modelId)
  if (isModelAllowed(modelId, allowedModels)) return
  throw new BedrockError(
    'AccessDeniedException',
    `modelId ${modelId} is not among the models that this stack allows (parameter AllowedModels); GET /models lists them.`,
  )
}

function fillPath(path: string, labels: Call['labels']): string {
  return path.replace(/\{(\w+)\}/g, (_, label: string) => encodeURIComponent(labels[label] ?? ''))
}

/** What the log says of an answer's way: tries, and Bedrock's id of the request, which AWS asks for. */
export function describeWay({ attempts, headers }: Pick<BedrockReply, 'attempts' | 'headers'>): Call['facts'] {
  const bedrockRequestId = headers['x-amzn-requestid']
  return { attempts, ...(bedrockRequestId !== undefined && { bedrockRequestId }) }
}

/** Headers that are part of Bedrock's contract; all others belong to the way between two machines. */
export function passedOn(headers: Readonly<Record<string, string>>): Record<string, string> {
  const isBedrocks = (name: string) =>
    name === 'content-type' || name === 'accept' || name.startsWith(BEDROCK_HEADER_PREFIX)
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isBedrocks(name)))
}

/**
 * Whether the caller's client announces that it repeats failed calls, as AWS SDKs and the Anthropic SDK do. Then we do
 * not: three tries here for each of three there would be nine.
 */
export function retriesByItself({ headers }: Call['request']): boolean {
  const announced = headers['amz-sdk-request']
  if (announced !== undefined) return !/(?:^|[;\s])max=1(?:$|[;\s])/.test(announced)
  return headers['x-stainless-retry-count'] !== undefined
}
