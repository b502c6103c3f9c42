import {
  BATCH_ROUTES,
  type BatchOrder,
  type BatchRoute,
  DEFAULT_TIMEOUT_HOURS,
  INVOCATION_TYPES,
} from '@bedrock-functions/runtime/batches'
import { BedrockError, type JobsConfiguration, parseS3Uri } from '@bedrock-functions/runtime/core'
import { readOutputLocation } from '@bedrock-functions/runtime/jobs/start'
import { hashJson, isObject, type JsonDocument, type PlainObject, sortedMembers } from '@bedrock-functions/runtime/json'

/** Tag and header by which a caller demands a route. Every SDK can send a tag. */
export const ROUTE_TAG = 'bedrock-functions:route'
export const ROUTE_HEADER = 'x-bedrock-functions-batch-route'

const MIN_HOURS = 24
const MAX_HOURS = 168

/** Sources of the patterns: the service model of bedrock 2023-04-20, CreateModelInvocationJobRequest. */
const JOB_NAME = /^[a-zA-Z0-9][a-zA-Z0-9+\-.]{0,62}$/
const TOKEN = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}$/
const ROLE_ARN = /^arn:aws(-[^:]+)?:iam::([0-9]{12})?:role\/.{1,2000}$/

const MEMBERS = [
  ...['jobName', 'roleArn', 'clientRequestToken', 'modelId', 'inputDataConfig', 'outputDataConfig', 'vpcConfig'],
  ...['timeoutDurationInHours', 'tags', 'modelInvocationType'],
]

const OUTPUT_MEMBERS = { kmsKeyId: 's3EncryptionKeyId', bucketOwner: 's3BucketOwner' }

/** Request of CreateModelInvocationJob whose members have their forms. Its model is not resolved. */
export type CreateRequest = Omit<BatchOrder, 'caller' | 'modelId'>

/**
 * Reads the body of CreateModelInvocationJob. `roleArn` is optional.
 *
 * @throws BedrockError ValidationException that names the member; AccessDeniedException for an output that is not allowed
 */
export function readCreateRequest(
  { root }: JsonDocument,
  headers: Readonly<Record<string, string>>,
  jobs: Pick<JobsConfiguration, 'bucket' | 'outputLocations'>,
): CreateRequest {
  const body = root.parse() as PlainObject
  const unknown = Object.keys(body).find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined) refuse(`${unknown} is not a member of CreateModelInvocationJob.`)
  if (body.vpcConfig !== undefined) refuse('vpcConfig is not supported: the stack reads and writes S3 itself.')
  const clientRequestToken = readText(body, 'clientRequestToken', TOKEN, 'at most 256 letters, digits and hyphens')
  const roleArn = readText(body, 'roleArn', ROLE_ARN, 'the ARN of a role')
  const jobName = readText(body, 'jobName', JOB_NAME, '1 to 63 letters, digits and the characters + - .')
  const tags = readTags(body.tags)
  const route = readRoute(tags, headers)
  if (jobName === undefined) refuse('jobName is missing.')
  if (typeof body.modelId !== 'string' || body.modelId === '') refuse('modelId is missing.')
  return {
    jobName,
    askedModelId: body.modelId,
    type: readChoice(body, 'modelInvocationType', INVOCATION_TYPES) ?? 'InvokeModel',
    input: readInput(body.inputDataConfig),
    inputDataConfig: body.inputDataConfig,
    outputDataConfig: body.outputDataConfig,
    output: readOutputLocation(body.outputDataConfig, jobs, OUTPUT_MEMBERS),
    timeoutHours: readHours(body.timeoutDurationInHours),
    requestHash: hashJson(headers[ROUTE_HEADER] ?? '', ...sortedMembers(root, ['clientRequestToken'])),
    ...(clientRequestToken !== undefined && { clientRequestToken }),
    ...(roleArn !== undefined && { roleArn }),
    ...(tags.length > 0 && { tags }),
    ...(route !== undefined && { route }),
  }
}

function refuse(message: string): never {
  throw new BedrockError('ValidationException', message)
}

function readText(body: PlainObject, name: string, pattern: RegExp, form: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && pattern.test(value)) return value
  return refuse(`${name} must be ${form}.`)
}

function readChoice<Choice extends string>(
  body: PlainObject,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  const choice = choices.find((one) => one === value)
  return choice ?? refuse(`${name} must be one of ${choices.join(', ')}.`)
}

function readHours(value: unknown): number {
  if (value === undefined || value === null) return DEFAULT_TIMEOUT_HOURS
  if (typeof value === 'number' && Number.isInteger(value) && value >= MIN_HOURS && value <= MAX_HOURS) return value
  return refuse(`timeoutDurationInHours must be a whole number from ${MIN_HOURS} to ${MAX_HOURS}.`)
}

function readTags(value: unknown): { key: string; value: string }[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.length > 200) refuse('tags must be a list of at most 200 tags.')
  return (value as unknown[]).map((tag, index) => {
    if (isObject(tag) && typeof tag.key === 'string' && typeof tag.value === 'string') {
      return { key: tag.key, value: tag.value }
    }
    return refuse(`tags[${index}] must have the members key and value.`)
  })
}

function readRoute(
  tags: readonly { readonly key: string; readonly value: string }[],
  headers: Readonly<Record<string, string>>,
): BatchRoute | undefined {
  const tag = tags.find(({ key }) => key === ROUTE_TAG)?.value
  const source = tag === undefined ? `the header ${ROUTE_HEADER}` : `the tag ${ROUTE_TAG}`
  return readChoice({ [source]: tag ?? headers[ROUTE_HEADER] }, source, BATCH_ROUTES)
}

const INPUT = 'inputDataConfig.s3InputDataConfig'

function readInput(config: unknown): CreateRequest['input'] {
  const location = isObject(config) ? config.s3InputDataConfig : undefined
  if (!isObject(location)) refuse('inputDataConfig must have the member s3InputDataConfig.')
  if (location.s3InputFormat !== undefined && location.s3InputFormat !== 'JSONL') {
    refuse(`${INPUT}.s3InputFormat must be JSONL.`)
  }
  return parseS3Uri(location.s3Uri, `${INPUT}.s3Uri`)
}
