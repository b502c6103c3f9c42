import { hashJson } from '../async-invoke/model-input.ts'
import { BATCH_STATUSES, type BatchStatus, describeJob } from '../batch/batch-job.ts'
import { applyInvocationDirectives } from '../directives/apply-directives.ts'
import { requireLiving } from '../models/ended-models.ts'
import { requireOnDemand, resolveModel } from '../models/resolve-model.ts'
import type { Operation } from '../operations/operation.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { omitUndefined, readNumber, readObject, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { integer, list, oneOf, type StringShape, structure, union } from '../shapes/shape.ts'
import { readListQuery } from '../submissions/read-list-query.ts'

/** Source of all shapes: the service model of bedrock 2023-04-20, CreateModelInvocationJobRequest and the others. */
const jobName: StringShape = {
  type: 'string',
  minimum: 1,
  maximum: 63,
  // The pattern of the service takes exponential time for many hyphens.
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9+\-.]*$/,
  shownPattern: String.raw`[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}`,
}

const s3Uri: StringShape = {
  type: 'string',
  minimum: 1,
  maximum: 1_024,
  pattern: /^s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:\/[-!_*'().a-z0-9A-Z]+(?:\/[-!_*'().a-z0-9A-Z]+)*)?\/?$/,
  shownPattern: "s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+(?:/[-!_*'().a-z0-9A-Z]+)*)?/?",
}

const s3BucketOwner: StringShape = { type: 'string', pattern: /^[0-9]{12}$/, shownPattern: '[0-9]{12}' }

const VPC_ID: StringShape = { type: 'string', maximum: 32, pattern: /^[-0-9a-zA-Z]+$/, shownPattern: '[-0-9a-zA-Z]+' }

const MODEL_ID =
  '(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:(([0-9]{12}:custom-model/[a-z0-9-]{1,63}[.]{1}[a-z0-9-:]{1,63}/[a-z0-9]{12}$)|(:foundation-model/([a-z0-9-]{1,63}[.]{1}[a-z0-9-]{1,63}([.]?[a-z0-9-]{1,63})([:][a-z0-9-]{1,63}){0,2})|(([0-9a-zA-Z][_-]?)+)$)|([0-9]{12}:(inference-profile|application-inference-profile)/[a-zA-Z0-9-:.]+$)))|([a-z0-9-]{1,63}[.]{1}[a-z0-9-]{1,63}([.]?[a-z0-9-]{1,63})([:][a-z0-9-]{1,63}){0,2})|(([0-9a-zA-Z][_-]?)+)'

const TAG_TEXT = /^[a-zA-Z0-9\s._:/=+@-]*$/

const createRequest = structure(
  {
    jobName,
    roleArn: {
      type: 'string',
      maximum: 2_048,
      pattern: /^arn:aws(-[^:]+)?:iam::([0-9]{12})?:role\/.+$/,
      shownPattern: 'arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+',
    },
    clientRequestToken: {
      type: 'string',
      minimum: 1,
      maximum: 256,
      pattern: /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/,
      shownPattern: '[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}',
    },
    modelId: {
      type: 'string',
      minimum: 1,
      maximum: 2_048,
      // The pattern of the service is longer. resolveModel knows which ids there are.
      pattern:
        /^([a-zA-Z0-9._:-]+|arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:([0-9]{12})?:(custom-model|foundation-model|inference-profile|application-inference-profile)\/[a-zA-Z0-9._:/-]+)$/,
      shownPattern: MODEL_ID,
    },
    inputDataConfig: union({
      s3InputDataConfig: structure({ s3InputFormat: oneOf('JSONL'), s3Uri, s3BucketOwner }, ['s3Uri']),
    }),
    outputDataConfig: union({
      s3OutputDataConfig: structure(
        {
          s3Uri,
          s3EncryptionKeyId: {
            type: 'string',
            minimum: 1,
            maximum: 2_048,
            pattern:
              /^((arn:aws(-[^:]+)?:kms:[a-zA-Z0-9-]*:[0-9]{12}:((key\/[a-zA-Z0-9-]{36})|(alias\/[a-zA-Z0-9-_/]+)))|([a-zA-Z0-9-]{36})|(alias\/[a-zA-Z0-9-_/]+))$/,
          },
          s3BucketOwner,
        },
        ['s3Uri'],
      ),
    }),
    vpcConfig: structure({ subnetIds: list(VPC_ID, 1, 16), securityGroupIds: list(VPC_ID, 1, 5) }, [
      'subnetIds',
      'securityGroupIds',
    ]),
    timeoutDurationInHours: integer(24, 168),
    tags: list(
      structure(
        {
          key: { type: 'string', minimum: 1, maximum: 128, pattern: TAG_TEXT },
          value: { type: 'string', maximum: 256, pattern: TAG_TEXT },
        },
        ['key', 'value'],
      ),
      0,
      200,
    ),
    modelInvocationType: oneOf('InvokeModel', 'Converse'),
  },
  ['jobName', 'roleArn', 'modelId', 'inputDataConfig', 'outputDataConfig'],
)

const ARN = '((arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:model-invocation-job/)?[a-z0-9]{12})'

const identified = structure(
  {
    jobIdentifier: {
      type: 'string',
      maximum: 1_011,
      pattern: new RegExp(`^${ARN}$`),
      shownPattern: ARN,
    },
  },
  ['jobIdentifier'],
)

const listMembers = {
  statusEquals: oneOf(...BATCH_STATUSES),
  nameContains: jobName,
  sortBy: oneOf('CreationTime'),
}

/** Time of a job without one; Bedrock does not document its own. */
const DEFAULT_HOURS = 24

/** CreateModelInvocationJob. A repeated request returns its job before any directive, which applied to the first attempt. */
export const createModelInvocationJob: Operation = async (call) => {
  const body = parseJsonObject(call.body)
  requireShape(body, createRequest, describeForService)
  const modelId = readString(body.modelId) ?? ''
  const model = resolveModel(modelId, call.accountModels, call.newModels)
  if (call.refusesEndedModels) requireLiving(model.baseId)
  requireOnDemand(model)
  const { clientRequestToken, ...compared } = body
  const token = omitUndefined({ clientRequestToken: readString(clientRequestToken) })
  const identity = { ...token, requestHash: hashJson(compared) }
  const repeated = call.batchJobs.findRepeated(identity)
  if (repeated) return { body: { jobArn: repeated.jobArn } }

  const { lasts, fail } = await applyInvocationDirectives('', { ...call, resource: modelId })
  const { jobArn } = call.batchJobs.create({
    ...identity,
    jobName: readString(body.jobName) ?? '',
    modelId,
    roleArn: readString(body.roleArn) ?? '',
    inputDataConfig: readObject(body.inputDataConfig) ?? {},
    outputDataConfig: readObject(body.outputDataConfig) ?? {},
    modelInvocationType: body.modelInvocationType === 'Converse' ? 'Converse' : 'InvokeModel',
    timeoutDurationInHours: readNumber(body.timeoutDurationInHours) ?? DEFAULT_HOURS,
    ...omitUndefined({ vpcConfig: readObject(body.vpcConfig), fail, lasts }),
  })
  return { body: { jobArn } }
}

export const getModelInvocationJob: Operation = async ({ labels, batchJobs }) => ({
  body: describeJob(batchJobs.get(readIdentifier(labels))),
})

/** ListModelInvocationJobs, the newest first by default. */
export const listModelInvocationJobs: Operation = async ({ query, batchJobs }) => {
  const { entries, nextToken } = batchJobs.list(readListQuery<BatchStatus>(query, listMembers))
  const invocationJobSummaries: readonly JsonObject[] = entries.map(describeJob)
  return { body: { invocationJobSummaries, ...(nextToken !== undefined && { nextToken }) } }
}

export const stopModelInvocationJob: Operation = async ({ labels, batchJobs }) => {
  batchJobs.stop(readIdentifier(labels))
  return { body: {} }
}

function readIdentifier(labels: Readonly<Record<string, string>>): string {
  requireShape(labels, identified, describeForService)
  return labels.jobIdentifier ?? ''
}
