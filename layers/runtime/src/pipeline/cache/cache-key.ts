import { isBedrockHeader } from '../../bedrock/to-bedrock-request.ts'
import { ANONYMOUS, ownerOf } from '../../core/identity.ts'
import { isConverse, type ModelCall } from '../../core/model-call.ts'
import { hashJson, sortedMembers } from '../../json/hash-json.ts'
import type { JsonDocument, JsonValue } from '../../json/json-document.ts'
import { isPrompt } from '../../models/model-rules.ts'
import { METADATA_HEADER } from '../name-caller.ts'

/** Prefix of the bucket below which answers are kept, by caller. The template's lifecycle rules name it too. */
export const CACHE_PREFIX = 'cache/'

/** A new form of what is hashed or kept leaves the old objects alone. */
const FORM = '3'

/**
 * The key of the answer to a call: the same for the same caller, model and request, whatever the order of its JSON. Request
 * metadata labels a call and changes nothing of its answer.
 *
 * @param document the call's body, read; undefined for a body that is no JSON
 */
export function cacheKey(call: ModelCall, document: JsonDocument | undefined): string {
  const { operation, modelId, headers, body, caller = ANONYMOUS } = call
  const relevant = Object.entries(headers).filter(([name]) => isBedrockHeader(name) && name !== METADATA_HEADER)
  const hash = hashJson(
    [FORM, operation, modelId, JSON.stringify(relevant.sort())].join('\n'),
    ...(document ? partsOf(document.root, operation) : [body]),
  )
  return `${CACHE_PREFIX}${ownerOf(caller)}/${hash}`
}

function partsOf(root: JsonValue, operation: ModelCall['operation']): (JsonValue | string)[] {
  return isConverse(operation) ? sortedMembers(root, ['requestMetadata']) : [root]
}

/** What a request refers to with a number behind it stays as it is; a draft, or a name without one, may change. */
const NUMBERED = /^[0-9]+$/

/**
 * Whether the request holds all that makes its answer. A request that names an object in S3, or the draft of a guardrail or
 * prompt, does not: tomorrow another thing may have that name.
 *
 * @param call as it goes to Bedrock
 */
export function isRepeatable({ operation, modelId, headers }: ModelCall, document: JsonDocument | undefined): boolean {
  if (isPrompt(modelId) && !NUMBERED.test(/:prompt\/[^:]*:(.*)$/.exec(modelId)?.[1] ?? '')) return false
  if (document?.mayHaveMember('s3Location')) return false
  const version = isConverse(operation) ? versionInDocument(document) : versionInHeaders(headers)
  return version === undefined || NUMBERED.test(version)
}

/** The version of the guardrail; empty where one is named without, undefined where there is none. */
function versionInDocument(document: JsonDocument | undefined): string | undefined {
  const config = document?.root.get('guardrailConfig')
  return config && (config.get('guardrailVersion')?.text ?? '')
}

function versionInHeaders(headers: ModelCall['headers']): string | undefined {
  return headers['x-amzn-bedrock-guardrailversion'] ?? (headers['x-amzn-bedrock-guardrailidentifier'] && '')
}
