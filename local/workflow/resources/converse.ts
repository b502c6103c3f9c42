import { type BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { parseExactly } from '@bedrock-functions/runtime/json'
import { isObject, type JsonObject } from '../../template/json.ts'
import { TaskError } from '../task-error.ts'
import type { Resource } from './resource.ts'
import { toServiceError } from './service-error.ts'

/** Members with a document, or with a map of texts, whose keys are the caller's. */
const FREE_MEMBERS = new Set([
  'AdditionalModelRequestFields',
  'AdditionalModelResponseFields',
  'Input',
  'Json',
  'RequestMetadata',
])

/** Member with a map of structures. */
const MAP_MEMBER = 'PromptVariables'

/** Members with bytes, which are base64 text in the JSON of Step Functions and of Bedrock. */
const BLOB_MEMBERS = new Set(['Bytes', 'RedactedContent'])

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * `arn:aws:states:::aws-sdk:bedrockruntime:converse`. The members of request and answer begin with a capital at every depth,
 * except in documents. Numbers pass as they were written, which the types of the SDK do not allow: the SDK signs and sends, and
 * the documents go around its serializer. Source: Step Functions developer guide, "Learning to use AWS service SDK integrations".
 */
export function createConverse(bedrock: BedrockRuntimeClient): Resource {
  return async (parameters) => {
    const { modelId, ...document } = toWire(parameters, 'Arguments') as JsonObject
    let answer = ''
    const command = new ConverseCommand({ modelId: String(modelId), messages: undefined })
    command.middlewareStack.add(
      (next) => (step) => {
        Object.assign(step.request as object, { body: Buffer.from(JSON.stringify(document)) })
        return next(step)
      },
      { step: 'build', name: 'sendDocument', priority: 'high' },
    )
    command.middlewareStack.add(
      (next) => async (step) => {
        const result = await next(step)
        const response = result.response as { statusCode: number; body: unknown }
        const bytes = await bedrock.config.streamCollector(response.body)
        response.body = bytes
        answer = Buffer.from(bytes).toString()
        return result
      },
      // A low priority places it inside the SDK's deserializer, so it sees the response first.
      { step: 'deserialize', name: 'keepAnswer', priority: 'low' },
    )
    try {
      await bedrock.send(command)
    } catch (error) {
      throw toServiceError(error, 'BedrockRuntime', 'BedrockRuntime')
    }
    return toStates(parseExactly(answer))
  }
}

/** @param path of the value, for the message about a member that Step Functions refuses */
function toWire(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => toWire(item, `${path}[${index}]`))
  if (!isDocument(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const place = `${path}.${name}`
      if (!/^[A-Z]/.test(name)) throw refused(`The field ${place} is not supported by Step Functions.`)
      if (BLOB_MEMBERS.has(name) && !(typeof member === 'string' && BASE64.test(member))) {
        throw refused(`The field ${place} must be base64 text.`)
      }
      const wireName = name.charAt(0).toLowerCase() + name.slice(1)
      if (FREE_MEMBERS.has(name)) return [wireName, member]
      return [wireName, name === MAP_MEMBER ? mapValues(member, place) : toWire(member, place)]
    }),
  )
}

function mapValues(value: unknown, path: string): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toWire(member, `${path}.${key}`)]))
}

function refused(problem: string): TaskError {
  return new TaskError('States.Runtime', problem, { isTerminal: true })
}

function toStates(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toStates)
  if (!isDocument(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([wireName, member]) => {
      const name = wireName.charAt(0).toUpperCase() + wireName.slice(1)
      return [name, FREE_MEMBERS.has(name) ? member : toStates(member)]
    }),
  )
}

const { isRawJSON } = JSON as unknown as { isRawJSON(value: unknown): boolean }

/** An object of the document; a number that is kept as it was written is an object, too. */
function isDocument(value: unknown): value is JsonObject {
  return isObject(value) && !isRawJSON(value)
}
