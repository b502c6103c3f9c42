import { validationError } from '../messages.ts'
import { describeForModel } from '../shapes/describe-violation.ts'
import { isJsonObject, type JsonObject } from '../shapes/json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import {
  boolean,
  integer,
  list,
  number,
  oneOf,
  type StringShape,
  type StructureShape,
  structure,
  text,
} from '../shapes/shape.ts'
import { sessionMessages } from './messages.ts'

/** An event of the client whose shape is checked. */
export interface ClientEvent {
  readonly name: ClientEventName
  readonly body: JsonObject
}

const name: StringShape = { type: 'string', minimum: 1, maximum: 512 }

const textConfiguration = structure({ mediaType: oneOf('text/plain', 'application/json') }, ['mediaType'])

/** PCM audio: signed 16-bit little-endian samples of one channel. */
const audioConfiguration = {
  mediaType: oneOf('audio/lpcm'),
  sampleRateHertz: integer(),
  sampleSizeBits: integer(16, 16),
  channelCount: integer(1, 1),
  encoding: oneOf('base64'),
  audioType: oneOf('SPEECH'),
}

/** Source: Nova 2's guide, sonic-input-events. Its voices change with the regions, so that any name is accepted. */
const SHAPES = {
  sessionStart: structure({
    inferenceConfiguration: structure({ maxTokens: integer(1), topP: number(0, 1), temperature: number(0, 1) }),
    turnDetectionConfiguration: structure({ endpointingSensitivity: oneOf('HIGH', 'MEDIUM', 'LOW') }),
  }),
  promptStart: structure(
    {
      promptName: name,
      textOutputConfiguration: structure({ mediaType: oneOf('text/plain') }, ['mediaType']),
      audioOutputConfiguration: structure({ ...audioConfiguration, voiceId: name }, [
        'mediaType',
        'sampleRateHertz',
        'voiceId',
      ]),
      toolUseOutputConfiguration: structure({ mediaType: oneOf('application/json') }, ['mediaType']),
      toolConfiguration: structure(
        {
          tools: list(
            structure(
              {
                toolSpec: structure(
                  {
                    name: { type: 'string', minimum: 1, maximum: 64, pattern: /^[a-zA-Z0-9_-]+$/ },
                    description: text,
                    inputSchema: structure({ json: text }, ['json']),
                  },
                  ['name', 'inputSchema'],
                ),
              },
              ['toolSpec'],
            ),
          ),
        },
        ['tools'],
      ),
    },
    ['promptName', 'audioOutputConfiguration'],
  ),
  contentStart: structure(
    {
      promptName: name,
      contentName: name,
      type: oneOf('TEXT', 'AUDIO', 'TOOL'),
      role: oneOf('SYSTEM', 'USER', 'ASSISTANT', 'TOOL', 'SYSTEM_SPEECH'),
      interactive: boolean,
      textInputConfiguration: textConfiguration,
      audioInputConfiguration: structure(audioConfiguration, ['mediaType', 'sampleRateHertz']),
      toolResultInputConfiguration: structure(
        { toolUseId: name, type: oneOf('TEXT'), textInputConfiguration: textConfiguration },
        ['toolUseId', 'type'],
      ),
    },
    ['promptName', 'contentName', 'type', 'role'],
  ),
  textInput: structure({ promptName: name, contentName: name, content: text }, [
    'promptName',
    'contentName',
    'content',
  ]),
  audioInput: structure({ promptName: name, contentName: name, content: { type: 'blob' } }, [
    'promptName',
    'contentName',
    'content',
  ]),
  toolResult: structure({ promptName: name, contentName: name, content: text }, [
    'promptName',
    'contentName',
    'content',
  ]),
  contentEnd: structure({ promptName: name, contentName: name }, ['promptName', 'contentName']),
  promptEnd: structure({ promptName: name }, ['promptName']),
  sessionEnd: structure({}),
} satisfies Readonly<Record<string, StructureShape>>

export type ClientEventName = keyof typeof SHAPES

/** Reads `{"event": {"<name>": {…}}}`. ValidationException for another form, an unknown event and a wrong shape. */
export function readClientEvent(document: JsonObject): ClientEvent {
  const { event } = document
  const entries = isJsonObject(event) ? Object.entries(event) : []
  const [entry] = entries
  if (entry === undefined || entries.length > 1) {
    throw validationError(sessionMessages.eventCount(entries.map(([key]) => key)))
  }
  const [key, body] = entry
  if (!isClientEventName(key)) throw validationError(sessionMessages.unknownEvent(key, Object.keys(SHAPES)))
  requireShape({ [key]: body }, structure({ [key]: SHAPES[key] }, [key]), describeForModel)
  return { name: key, body: isJsonObject(body) ? body : {} }
}

function isClientEventName(key: string): key is ClientEventName {
  return Object.hasOwn(SHAPES, key)
}
