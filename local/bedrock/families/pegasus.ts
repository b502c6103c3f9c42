import { s3Location } from '../async-invoke/families/media-shapes.ts'
import { readText } from '../conversation/read-text.ts'
import type { ContentBlock, MediaBlock, StopReason } from '../conversation/types.ts'
import { nativeWording } from '../messages.ts'
import { describeForModel } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined, readNumber, readObject, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { blob, integer, number, type StringShape, structure, union } from '../shapes/shape.ts'
import type { ChatFamily } from './family.ts'
import { renderTextStream } from './text-stream.ts'

/** Source: Amazon Bedrock User Guide, "TwelveLabs Pegasus 1.2". */
const prompt: StringShape = { type: 'string', minimum: 1 }

const request = structure(
  {
    inputPrompt: prompt,
    mediaSource: union({ base64String: blob, s3Location }),
    temperature: number(0, 1),
    maxOutputTokens: integer(1, 4_096),
    responseFormat: structure({ jsonSchema: structure({}) }),
  },
  ['inputPrompt', 'mediaSource'],
)

/** TwelveLabs Pegasus: a question about a video. The stream's chunks, which no page describes, follow the whole answer. */
export const pegasus: ChatFamily = {
  kind: 'chat',
  isNativeOnly: true,
  parseRequest(body) {
    requireShape(body, request, describeForModel)
    const blocks: ContentBlock[] = [readVideo(body), { kind: 'text', text: readString(body.inputPrompt) ?? '' }]
    return {
      request: {
        system: '',
        turns: [{ role: 'user', blocks, path: ['inputPrompt'] }],
        tools: [],
        toolChoice: { kind: 'none' },
        parameters: {
          ...omitUndefined({
            maxTokens: readNumber(body.maxOutputTokens),
            temperature: readNumber(body.temperature),
            outputSchema: readObject(readObject(body.responseFormat)?.jsonSchema),
          }),
          stopSequences: [],
          reasoning: false,
        },
      },
      rules: { wording: nativeWording, toolsDeclared: true, isConverse: false },
    }
  },
  renderAnswer: ({ blocks, stopReason }) => ({ message: readText(blocks), finishReason: renderFinish(stopReason) }),
  renderStream: (context) =>
    renderTextStream(
      ({ text: message, stop }) => ({ message, finishReason: stop ? renderFinish(stop.stopReason) : null }),
      context,
    ),
}

function readVideo({ mediaSource }: JsonObject): MediaBlock {
  const { base64String, s3Location } = readObject(mediaSource) ?? {}
  const uri = readString(readObject(s3Location)?.uri)
  const source =
    uri === undefined
      ? ({ kind: 'bytes', bytes: Buffer.from(readString(base64String) ?? '', 'base64') } as const)
      : ({ kind: 'location', uri } as const)
  return { kind: 'video', format: 'mp4', source }
}

function renderFinish(stopReason: StopReason): string {
  return stopReason === 'max_tokens' ? 'length' : 'stop'
}
