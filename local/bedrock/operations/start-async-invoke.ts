import { collectTexts, condenseMedia, hashJson } from '../async-invoke/model-input.ts'
import { resolveAsyncModel } from '../async-invoke/models.ts'
import { S3_URI } from '../async-invoke/s3-location.ts'
import { applyInvocationDirectives } from '../directives/apply-directives.ts'
import { malformedInput, validationError } from '../messages.ts'
import { requireLiving } from '../models/ended-models.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import { isJsonObject, type JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { omitUndefined, readObject, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { document, list, structure, union } from '../shapes/shape.ts'
import type { Operation } from './operation.ts'

/** Source: the service model, StartAsyncInvokeRequest. */
const startAsyncInvokeRequest = structure(
  {
    clientRequestToken: { type: 'string', minimum: 1, maximum: 256, pattern: /^[!-~]*$/ },
    modelId: { type: 'string', minimum: 1, maximum: 256, pattern: /^[a-zA-Z_.\-/0-9:]+$/ },
    modelInput: document,
    outputDataConfig: union({
      s3OutputDataConfig: structure(
        {
          s3Uri: { type: 'string', minimum: 1, maximum: 1_024, pattern: S3_URI },
          kmsKeyId: {
            type: 'string',
            minimum: 1,
            maximum: 2_048,
            pattern:
              /^arn:aws(-[^:]+)?:kms:[a-zA-Z0-9-]*:[0-9]{12}:((key\/[a-zA-Z0-9-]{36})|(alias\/[a-zA-Z0-9-_/]+))$/,
          },
          bucketOwner: { type: 'string', pattern: /^[0-9]{12}$/ },
        },
        ['s3Uri'],
      ),
    }),
    tags: list(
      structure(
        {
          key: { type: 'string', minimum: 1, maximum: 128, pattern: /^[a-zA-Z0-9\s._:/=+@-]*$/ },
          value: { type: 'string', maximum: 256, pattern: /^[a-zA-Z0-9\s._:/=+@-]*$/ },
        },
        ['key', 'value'],
      ),
      0,
      200,
    ),
  },
  ['modelId', 'modelInput', 'outputDataConfig'],
)

/** StartAsyncInvoke. A repeated request returns its invocation before any directive, which applied to the first attempt. */
export const startAsyncInvoke: Operation = async (call) => {
  const body = parseJsonObject(call.body)
  requireShape(body, startAsyncInvokeRequest, describeForService)
  const modelId = readString(body.modelId) ?? ''
  const { id, family } = resolveAsyncModel(modelId)
  if (call.refusesEndedModels) requireLiving(id)
  const { modelInput } = body
  if (!isJsonObject(modelInput)) throw validationError(malformedInput('#/modelInput: expected type: JSONObject'))
  family.check(modelInput)
  const outputDataConfig = readObject(body.outputDataConfig) ?? {}
  const request = {
    ...omitUndefined({ clientRequestToken: readString(body.clientRequestToken) }),
    requestHash: hashRequest(body),
  }
  const repeated = call.asyncInvocations.findRepeated(request)
  if (repeated) return { body: { invocationArn: repeated.invocationArn } }

  const text = collectTexts(modelInput).join('\n')
  const { lasts, fail } = await applyInvocationDirectives(text, { ...call, resource: modelId })
  const { invocationArn } = await call.asyncInvocations.start({
    ...request,
    outputDataConfig,
    s3Uri: readString(readObject(outputDataConfig.s3OutputDataConfig)?.s3Uri) ?? '',
    work: { modelId: id, modelInput: condenseMedia(modelInput), ...omitUndefined({ failure: fail }) },
    ...omitUndefined({ duration: lasts }),
  })
  return { body: { invocationArn } }
}

/** Hashes the request without its token, to compare requests with one token. */
function hashRequest({ modelId = null, modelInput = null, outputDataConfig = null, tags = null }: JsonObject): string {
  return hashJson({ modelId, modelInput, outputDataConfig, tags })
}
