import type { RestReply } from '../../core/errors.ts'
import { applyEdits, removeMembers, setMember } from '../../json/edit-json.ts'
import { parseObject, readJsonObject } from '../../json/json-document.ts'
import { joinJson, writeObject } from '../../json/write-json.ts'
import { isClaude } from '../../models/model-rules.ts'
import type { DoorHttpRequest } from '../door.ts'
import { BETA_MEMORY, chooseBetas, findTakenBetas, readBetas } from './betas.ts'
import { invalidMember } from './errors.ts'
import { toConverse } from './to-converse.ts'
import { chooseVersion, toNative } from './to-native.ts'

/** Request to count tokens, whose model is to be resolved. */
export interface CountRequest {
  readonly modelId: string
  /** Makes the body of CountTokens: the native body for Claude, a Converse request for others. */
  toBody(modelId: string): Buffer
}

/** @throws BedrockError ValidationException that names the member */
export function readCountRequest({ headers, body }: DoorHttpRequest): CountRequest {
  const document = readJsonObject(body)
  const model = document.root.get('model')?.text
  if (!model) throw invalidMember('model', 'Field required')
  return { modelId: model, toBody: (modelId) => toBody(body, headers, modelId) }
}

function toBody(body: Uint8Array, headers: DoorHttpRequest['headers'], modelId: string): Buffer {
  const { root } = readJsonObject(body)
  // Both forms want a limit of the answer, which a request to count has not.
  const limited = root.get('max_tokens') ? body : applyEdits(body, setMember(root, 'max_tokens', '1'))
  const document = readJsonObject(limited)
  const asked = readBetas(headers['anthropic-beta'], document.root)
  if (isClaude(modelId)) {
    const betas = chooseBetas(asked, findTakenBetas(modelId), BETA_MEMORY.find(modelId))
    const native = toNative(document, chooseVersion(headers['anthropic-version'], modelId), betas)
    return joinJson(writeObject([['input', ['{"invokeModel":{"body":"', native.toString('base64'), '"}}']]]))
  }
  const converse = toConverse(document.root, { headers, modelId, betas: [] }).body
  const counted = readJsonObject(converse)
  const others = counted.root.members.map(({ name }) => name).filter((name) => !COUNTED.has(name))
  const kept = applyEdits(converse, removeMembers(counted.root, others))
  return joinJson(writeObject([['input', ['{"converse":', kept, '}']]]))
}

/** Members of a Converse request that CountTokens takes. Source: the service model of bedrock-runtime, ConverseTokensRequest. */
const COUNTED = new Set(['messages', 'system', 'toolConfig', 'additionalModelRequestFields'])

/** Turns the answer of CountTokens into that of Anthropic's API. */
export function toCountAnswer(reply: RestReply): RestReply {
  const { inputTokens } = parseObject(reply.body)
  return { ...reply, body: Buffer.from(JSON.stringify({ input_tokens: inputTokens })) }
}
