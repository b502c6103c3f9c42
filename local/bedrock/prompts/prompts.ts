import { BedrockError } from '@bedrock-functions/runtime/core'
import { promptMessages, validationError } from '../messages.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'
import { readObject, readObjects, readString } from '../shapes/read-json.ts'

/** A prompt of prompt management. */
export interface Prompt {
  readonly modelId: string
  /** Members of a Converse body; `{{name}}` in a text is a variable. */
  readonly body: JsonObject
}

/** Prompts by id; all versions of a prompt are the same. */
export type Prompts = Readonly<Record<string, Prompt>>

/** Example of the Bedrock user guide. */
export const EXAMPLE_PROMPTS: Prompts = {
  PLAYLIST01: {
    modelId: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    body: {
      system: [{ text: 'You know all about {{genre}}.' }],
      messages: [{ role: 'user', content: [{ text: 'Make me a {{genre}} playlist consisting of {{number}} songs.' }] }],
      inferenceConfig: { maxTokens: 2_000 },
    },
  },
}

/** Source: the service model of bedrock-runtime, ConverseRequest.modelId. */
const PROMPT_ARN = /^arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:prompt\/([0-9a-zA-Z]{10})(?::[0-9]{1,5})?$/

/** Members that only the prompt may have, not the call. Source: the same. */
const PROMPT_MEMBERS = ['additionalModelRequestFields', 'inferenceConfig', 'system', 'toolConfig']

/** Finds a prompt. Undefined for anything but a prompt ARN; ResourceNotFoundException for an unknown prompt. */
export function findPrompt(modelId: string, prompts: Prompts): Prompt | undefined {
  const [, id] = PROMPT_ARN.exec(modelId) ?? []
  if (id === undefined) return undefined
  const prompt = Object.hasOwn(prompts, id) ? prompts[id] : undefined
  if (!prompt) throw new BedrockError('ResourceNotFoundException', promptMessages.unknown(id))
  return prompt
}

/**
 * Fills a prompt into the Converse body of a call: variables replaced, the call's messages after the prompt's.
 * ValidationException for members that only the prompt may have, and for a variable without a value.
 */
export function fillPrompt({ body }: Prompt, call: JsonObject): JsonObject {
  const refused = PROMPT_MEMBERS.filter((name) => readObject(call[name]) ?? readObjects(call[name]).length > 0)
  if (refused.length > 0) throw validationError(promptMessages.refused(refused))
  const variables = readObject(call.promptVariables) ?? {}
  const filled = readObject(fill(body, variables)) ?? {}
  return { ...call, ...filled, messages: [...readObjects(filled.messages), ...readObjects(call.messages)] }
}

function fill(value: JsonValue, variables: JsonObject): JsonValue {
  if (typeof value === 'string') return fillText(value, variables)
  if (Array.isArray(value)) return value.map((item: JsonValue) => fill(item, variables))
  const object = readObject(value)
  if (!object) return value
  return Object.fromEntries(Object.entries(object).map(([name, member]) => [name, fill(member, variables)]))
}

function fillText(text: string, variables: JsonObject): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const variable = readString(readObject(variables[name])?.text)
    if (variable === undefined) throw validationError(promptMessages.variableMissing(name))
    return variable
  })
}
