import { MODEL_OPERATIONS } from '../../bedrock/operations.ts'
import { isSentHeader } from '../../bedrock/to-bedrock-request.ts'
import { ANONYMOUS, ownerOf } from '../../core/identity.ts'
import { isConverse, type ModelCall } from '../../core/model-call.ts'
import { hashJson, sortedMembers } from '../../json/hash-json.ts'
import type { JsonDocument, JsonValue } from '../../json/json-document.ts'
import { isPrompt } from '../../models/model-rules.ts'
import { METADATA_HEADER } from '../name-caller.ts'

/** Prefix of cached answers in the stack's bucket. The template's lifecycle rules use it, too. */
export const CACHE_PREFIX = 'cache/'

/** Version of the hashed and stored format. A new version ignores objects of the old one. */
const FORMAT_VERSION = '3'

/**
 * Returns the key of the answer to a call. It depends on the caller, the model and the request, but not on the order of JSON
 * members, nor on request metadata, which does not change an answer.
 *
 * @param document parsed body of the call; undefined for a body that is not JSON
 */
export function cacheKey(call: ModelCall, document: JsonDocument | undefined): string {
  const { operation, modelId, headers, body, caller = ANONYMOUS } = call
  const relevant = Object.entries(headers).filter(
    ([name]) => isSentHeader(MODEL_OPERATIONS[operation], name) && name !== METADATA_HEADER,
  )
  const hash = hashJson(
    [FORMAT_VERSION, operation, modelId, JSON.stringify(relevant.sort())].join('\n'),
    ...(document ? partsOf(document.root, operation) : [body]),
  )
  return `${CACHE_PREFIX}${ownerOf(caller)}/${hash}`
}

function partsOf(root: JsonValue, operation: ModelCall['operation']): (JsonValue | string)[] {
  return isConverse(operation) ? sortedMembers(root, ['requestMetadata']) : [root]
}

/** Version of a guardrail or prompt that cannot change. A draft can. */
const NUMBERED = /^[0-9]+$/

/**
 * Whether the answer depends only on the request. It does not if the request names an object in S3, or the draft of a
 * guardrail or prompt, since these may change.
 *
 * @param call call as it is sent to Bedrock
 */
export function isRepeatable({ operation, modelId, headers }: ModelCall, document: JsonDocument | undefined): boolean {
  if (isPrompt(modelId) && !NUMBERED.test(/:prompt\/[^:]*:(.*)$/.exec(modelId)?.[1] ?? '')) return false
  if (document?.mayHaveMember('s3Location')) return false
  const version = isConverse(operation) ? versionInDocument(document) : versionInHeaders(headers)
  return version === undefined || NUMBERED.test(version)
}

/** Returns the version of the guardrail; empty for a guardrail without a version, undefined without a guardrail. */
function versionInDocument(document: JsonDocument | undefined): string | undefined {
  const config = document?.root.get('guardrailConfig')
  return config && (config.get('guardrailVersion')?.text ?? '')
}

function versionInHeaders(headers: ModelCall['headers']): string | undefined {
  return headers['x-amzn-bedrock-guardrailversion'] ?? (headers['x-amzn-bedrock-guardrailidentifier'] && '')
}
