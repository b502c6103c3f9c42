import type { InferenceParameters } from '../conversation/types.ts'
import { nativeWording } from '../messages.ts'
import { describeForModel } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined, readNumber, readString, readStrings } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import type { StructureShape } from '../shapes/shape.ts'
import type { ChatFamily } from './family.ts'
import { type PromptTemplate, splitPrompt } from './split-prompt.ts'
import { renderTextStream, type TextChunkRenderer } from './text-stream.ts'

/** A family with the whole conversation in one text. Such families differ only in names, template and answer. */
export interface PromptFormat {
  readonly shape: StructureShape
  readonly promptKey: string
  readonly template: PromptTemplate
  readonly defaultMaxTokens?: number
  /** Returns the member of the body with the parameters. */
  parameters(body: JsonObject): JsonObject
  readonly keys: {
    readonly maxTokens: string
    readonly temperature: string
    readonly topP: string
    readonly topK?: string
    readonly stopSequences?: string
  }
  readonly renderAnswer: ChatFamily['renderAnswer']
  readonly renderChunk: TextChunkRenderer
}

export function definePromptFamily(format: PromptFormat): ChatFamily {
  return {
    kind: 'chat',
    parseRequest(body) {
      requireShape(body, format.shape, describeForModel)
      const { system, turns } = splitPrompt(readString(body[format.promptKey]) ?? '', format.template)
      const request = {
        system,
        // A guardrail evaluates the whole prompt. Source: Bedrock user guide, "Apply tags to user input".
        ...(system !== '' && { guardedSystem: [system] }),
        turns,
        tools: [],
        toolChoice: { kind: 'none' },
        parameters: readParameters(format.parameters(body), format),
      } as const
      const rules = { wording: nativeWording, toolsDeclared: true, isConverse: false }
      return { request, rules }
    },
    renderAnswer: format.renderAnswer,
    renderStream: (context) => renderTextStream(format.renderChunk, context),
  }
}

function readParameters(parameters: JsonObject, { keys, defaultMaxTokens }: PromptFormat): InferenceParameters {
  return {
    ...omitUndefined({
      maxTokens: readNumber(parameters[keys.maxTokens]) ?? defaultMaxTokens,
      temperature: readNumber(parameters[keys.temperature]),
      topP: readNumber(parameters[keys.topP]),
      topK: keys.topK === undefined ? undefined : readNumber(parameters[keys.topK]),
    }),
    stopSequences: keys.stopSequences === undefined ? [] : readStrings(parameters[keys.stopSequences]),
    reasoning: false,
  }
}
