import {
  featureMessages,
  parameterMessages as messages,
  modelReturned,
  turnMessages,
  validationError,
} from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import type { ModelTraits } from '../models/traits.ts'
import { isJsonObject, type JsonObject } from '../shapes/json.ts'
import { readObject, readObjects } from '../shapes/read-json.ts'

/**
 * Checks what Converse itself refuses of a request whose shape is right: fields that the model does not support, schemas and
 * values of tools. ValidationException with Bedrock's messages.
 */
export function checkConverseBody(body: JsonObject, { traits }: Model, isStreamed: boolean): void {
  const toolConfig = readObject(body.toolConfig)
  const choice = readObject(toolConfig?.toolChoice)
  if (isJsonObject(choice?.any) && traits.refusesToolChoiceAny) throw validationError(messages.toolChoice('any'))
  if (isJsonObject(choice?.tool) && traits.refusesToolChoiceTool) throw validationError(messages.toolChoice('tool'))
  if (toolConfig && isStreamed && (traits.refusesStreamedTools || traits.refusesTools)) {
    throw validationError(messages.streamedTools)
  }
  checkOutputConfig(body, traits)
  for (const [index, tool] of readObjects(toolConfig?.tools).entries()) {
    const schema = readObject(readObject(readObject(tool.toolSpec)?.inputSchema)?.json)
    if (schema && schema.type !== 'object') {
      throw validationError(messages.schemaType(`toolConfig.tools.${index}.toolSpec.inputSchema.json.type`))
    }
  }
  for (const [index, message] of readObjects(body.messages).entries()) {
    for (const [position, block] of readObjects(message.content).entries()) {
      if (traits.refusesToolStatus && readObject(block.toolResult)?.status !== undefined) {
        throw validationError(turnMessages.toolStatus)
      }
      checkToolBlock(block, `messages.${index}.content.${position}`)
    }
  }
}

/** Claude checks the member of its own body that Converse makes of `textFormat`. */
function checkOutputConfig(body: JsonObject, { refusesOutputConfig, isClaude }: ModelTraits): void {
  if (!refusesOutputConfig) return
  const config = readObject(body.outputConfig)
  if (config && !isClaude) throw validationError(messages.outputConfig)
  const own = readObject(readObject(body.additionalModelRequestFields)?.output_config)
  if (isClaude && (config?.textFormat !== undefined || own?.format !== undefined)) {
    throw validationError(modelReturned(featureMessages.outputFormat))
  }
}

function checkToolBlock(block: JsonObject, path: string): void {
  const use = readObject(block.toolUse)
  if (use && !isJsonObject(use.input)) throw validationError(messages.notAnObject(`${path}.toolUse.input`))
  const result = readObject(block.toolResult)
  if (!result) return
  const content = readObjects(result.content)
  if (result.status === 'error' && content.length === 0)
    throw validationError(messages.emptyError(`${path}.toolResult`))
  for (const [index, { json }] of content.entries()) {
    if (json === undefined || json === null || isJsonObject(json)) continue
    throw validationError(messages.notAnObject(`${path}.toolResult.content.${index}.json`))
  }
}
