import type { ModelCall } from '../../core/model-call.ts'
import { memberOf, readJsonTree, textOf } from '../../json/json-tree.ts'
import { hasAnyName, hasEscapedName } from '../../json/search-bytes.ts'
import { isPrompt } from '../../models/model-rules.ts'

/** What a request refers to with a number behind it stays as it is; a draft, or what has none, changes under its name. */
const NUMBERED = /^[0-9]+$/

/**
 * Whether the request says all that makes its answer. One that leaves a part of it to a name, behind which something else
 * may stand tomorrow (an object in S3, a draft of a guardrail or prompt), does not.
 *
 * @param call as it goes to Bedrock
 */
export function isRepeatable({ operation, modelId, headers, body }: ModelCall): boolean {
  if (isPrompt(modelId) && !NUMBERED.test(/:prompt\/[^:]*:(.*)$/.exec(modelId)?.[1] ?? '')) return false
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  // An escaped name could be any.
  if (hasAnyName(bytes, ['s3Location']) || hasEscapedName(bytes)) return false
  const version = operation.startsWith('Converse') ? versionInDocument(bytes) : versionInHeaders(headers)
  return version === undefined || NUMBERED.test(version)
}

/** Of the guardrail; empty where one is named without, undefined where there is none. */
function versionInDocument(bytes: Buffer): string | undefined {
  if (!hasAnyName(bytes, ['guardrailConfig'])) return undefined
  const config = memberOf(bytes, readJsonTree(bytes), 'guardrailConfig')
  return config && textOf(bytes, memberOf(bytes, config, 'guardrailVersion'))
}

function versionInHeaders(headers: ModelCall['headers']): string | undefined {
  return headers['x-amzn-bedrock-guardrailversion'] ?? (headers['x-amzn-bedrock-guardrailidentifier'] && '')
}
