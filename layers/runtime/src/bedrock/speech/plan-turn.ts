import { BedrockError } from '../../core/errors.ts'
import type { JsonDocument, JsonMember, JsonValue } from '../../json/json-document.ts'
import { type Pcm, readWav, SAMPLE_RATES, silence, toPcm } from './read-audio.ts'

/** Events of a session of one turn, each the JSON document of a chunk. */
export interface SpeechTurn {
  /** Events up to the end of what the user says. */
  readonly question: Iterable<Buffer>
  /** Events that end the session, after the answer. */
  readonly end: readonly Buffer[]
}

const PROMPT = 'turn'
const AUDIO = 'speech'

const DEFAULT_VOICE = 'matthew'
const DEFAULT_OUTPUT_RATE = 24_000
const DEFAULT_PCM_RATE = 16_000

/**
 * Sensitivity with the longest pause, two seconds, so that a user who hesitates is not cut off. The pause costs no time
 * here, since the silence after the speech is sent at once.
 */
const DEFAULT_SENSITIVITY = 'LOW'
const SENSITIVITIES = ['HIGH', 'MEDIUM', 'LOW']

/** Silence after the speech: a little more than the longest pause that ends a turn. */
const TRAILING_SILENCE_MS = 2_200

/** Silence before a text. Nova Sonic takes texts of the user only beside an open audio content. */
const LEADING_SILENCE_MS = 320

/** Audio of one event. Source: Nova 2's guide, which advises about 32 ms. */
const CHUNK_MS = 32

/**
 * Plans the session of one turn from a document in the form of Converse: `messages`, `system`, `inferenceConfig`, `toolConfig`
 * and, for the voice, `audioConfig`. The last message is what the user says: texts, or one audio block. The messages before it
 * are the history, as text.
 *
 * The JSON text of strings and tool schemas is copied, not printed again.
 *
 * @throws BedrockError ValidationException that names the member
 */
export function planTurn({ root }: JsonDocument): SpeechTurn {
  requireMembers(root, '', ['messages', 'system', 'inferenceConfig', 'toolConfig', 'audioConfig'])
  const voice = readVoice(root.get('audioConfig'))
  const messages = readMessages(root)
  const spoken = messages.at(-1)
  if (spoken?.role !== 'user') throw invalid('The last message must have the role user.')
  const toolUseIds = findToolUseIds(root)
  const history = messages.slice(0, -1).map((message) => toContent(message, toolUseIds))
  const audio = readSpeech(spoken, voice.pcmRate)
  const said = audio ?? toContent(spoken, toolUseIds)
  const opening = [
    event('sessionStart', [
      ...inferenceOf(root),
      ['turnDetectionConfiguration', json({ endpointingSensitivity: voice.sensitivity })],
    ]),
    event('promptStart', [...voice.members, ...toolsOf(root)]),
    ...textContent('system', 'SYSTEM', readSystem(root), false),
    ...history.flatMap(({ role, texts }, index) => textContent(`history-${index}`, role, texts, false)),
  ]
  const inputRate = 'samples' in said ? said.sampleRateHertz : DEFAULT_PCM_RATE
  return {
    question: (function* () {
      yield* opening
      yield startAudio(inputRate)
      if ('samples' in said) {
        yield* audioInputs(said)
        yield* audioInputs({ ...said, samples: silence(inputRate, TRAILING_SILENCE_MS) })
      } else {
        yield* audioInputs({ sampleRateHertz: inputRate, samples: silence(inputRate, LEADING_SILENCE_MS) })
        yield* textContent('question', 'USER', said.texts, true)
      }
    })(),
    end: [event('contentEnd', [['contentName', json(AUDIO)]]), event('promptEnd', []), sessionEnd],
  }
}

type Members = readonly (readonly [name: string, json: string | Buffer])[]

const sessionEnd = Buffer.from('{"event":{"sessionEnd":{}}}')

/** Writes an event. All but those of the session name the prompt. */
function event(name: string, members: Members): Buffer {
  const named: Members = name === 'sessionStart' ? members : [['promptName', json(PROMPT)], ...members]
  const pieces = named.flatMap(([member, value], index) => [`${index === 0 ? '' : ','}${json(member)}:`, value])
  return Buffer.concat([`{"event":{"${name}":{`, ...pieces, '}}}'].map((piece) => Buffer.from(piece as string)))
}

function json(value: unknown): string {
  return JSON.stringify(value)
}

function invalid(message: string): BedrockError {
  return new BedrockError('ValidationException', message)
}

/**
 * Checks that a value is an object with known members, each once.
 *
 * @param path path of the object with a point behind it; empty for the root
 */
function requireMembers(object: JsonValue, path: string, known: readonly string[]): void {
  if (object.kind !== 'object') throw invalid(`${path.slice(0, -1)} must be an object.`)
  const found = new Set<string>()
  for (const { name } of object.members) {
    if (!known.includes(name)) {
      throw invalid(`${path}${name} is not known for spoken turns. Known members are: ${known.join(', ')}.`)
    }
    if (found.has(name)) throw invalid(`${path}${name} is given more than once.`)
    found.add(name)
  }
}

/** Items of a list; empty without one. */
function readItems(value: JsonValue | undefined, path: string): JsonValue[] {
  if (value && value.kind !== 'array') throw invalid(`${path} must be an array.`)
  return value?.items ?? []
}

function requireString(object: JsonValue, name: string, path: string): JsonValue {
  const value = object.get(name)
  if (value?.kind !== 'string') throw invalid(`${path}${name} must be a string.`)
  return value
}

/** Form of the names of tools. Source: the service model of bedrock-runtime, ToolName. */
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/

function requireToolName(object: JsonValue, path: string): JsonValue {
  const name = requireString(object, 'name', path)
  if (TOOL_NAME.test(name.text ?? '')) return name
  throw invalid(`${path}name must have 1 to 64 letters, digits, _ or -.`)
}

function startAudio(sampleRateHertz: number): Buffer {
  return event('contentStart', [
    ['contentName', json(AUDIO)],
    ['type', json('AUDIO')],
    ['interactive', 'true'],
    ['role', json('USER')],
    ['audioInputConfiguration', json(audioConfiguration(sampleRateHertz))],
  ])
}

function audioConfiguration(sampleRateHertz: number): Record<string, unknown> {
  return {
    mediaType: 'audio/lpcm',
    sampleRateHertz,
    sampleSizeBits: 16,
    channelCount: 1,
    audioType: 'SPEECH',
    encoding: 'base64',
  }
}

function* audioInputs({ samples, sampleRateHertz }: Pcm): Generator<Buffer> {
  const size = 2 * Math.round((sampleRateHertz * CHUNK_MS) / 1000)
  for (let start = 0; start < samples.length; start += size) {
    const content = samples.subarray(start, start + size).toString('base64')
    yield event('audioInput', [
      ['contentName', json(AUDIO)],
      ['content', `"${content}"`],
    ])
  }
}

/** Writes a content of texts. `texts` are JSON strings. */
function textContent(
  contentName: string,
  role: string,
  texts: readonly (string | Buffer)[],
  interactive: boolean,
): Buffer[] {
  if (texts.length === 0) return []
  const name = ['contentName', json(contentName)] as const
  return [
    event('contentStart', [
      name,
      ['type', json('TEXT')],
      ['interactive', json(interactive)],
      ['role', json(role)],
      ['textInputConfiguration', json({ mediaType: 'text/plain' })],
    ]),
    ...texts.map((content) => event('textInput', [name, ['content', content]])),
    event('contentEnd', [name]),
  ]
}

interface Voice {
  readonly members: Members
  readonly sensitivity: string
  /** Sample rate of audio blocks with the format pcm. */
  readonly pcmRate: number
}

function readVoice(config: JsonValue | undefined): Voice {
  if (config) {
    requireMembers(config, 'audioConfig.', [
      'voiceId',
      'sampleRateHertz',
      'inputSampleRateHertz',
      'endpointingSensitivity',
    ])
  }
  const given = config?.get('endpointingSensitivity')
  const sensitivity = given ? (given.text ?? '') : DEFAULT_SENSITIVITY
  if (!SENSITIVITIES.includes(sensitivity)) {
    throw invalid(`audioConfig.endpointingSensitivity must be ${SENSITIVITIES.join(', ')}.`)
  }
  const rate = readSampleRate(config, 'sampleRateHertz', DEFAULT_OUTPUT_RATE)
  const voiceId = config?.get('voiceId')
  if (voiceId && voiceId.kind !== 'string') throw invalid('audioConfig.voiceId must be a string.')
  return {
    members: [
      ['textOutputConfiguration', json({ mediaType: 'text/plain' })],
      ['audioOutputConfiguration', json({ ...audioConfiguration(rate), voiceId: voiceId?.text ?? DEFAULT_VOICE })],
    ],
    sensitivity,
    pcmRate: readSampleRate(config, 'inputSampleRateHertz', DEFAULT_PCM_RATE),
  }
}

function readSampleRate(config: JsonValue | undefined, name: string, otherwise: number): number {
  const value = config?.get(name)
  const rate = value ? value.parse() : otherwise
  if (typeof rate === 'number' && SAMPLE_RATES.includes(rate)) return rate
  throw invalid(`audioConfig.${name} must be ${SAMPLE_RATES.join(', ')}.`)
}

const INFERENCE_MEMBERS = ['maxTokens', 'topP', 'temperature']

function inferenceOf(root: JsonValue): Members {
  const config = root.get('inferenceConfig')
  if (!config) return []
  requireMembers(config, 'inferenceConfig.', INFERENCE_MEMBERS)
  return [['inferenceConfiguration', config.bytes]]
}

function toolsOf(root: JsonValue): Members {
  const config = root.get('toolConfig')
  if (!config) return []
  requireMembers(config, 'toolConfig.', ['tools'])
  const tools = readItems(config.get('tools'), 'toolConfig.tools').map((tool, index) =>
    toTool(tool, `toolConfig.tools[${index}].`),
  )
  if (tools.length === 0) return []
  return [
    ['toolUseOutputConfiguration', json({ mediaType: 'application/json' })],
    ['toolConfiguration', `{"tools":[${tools.join(',')}]}`],
  ]
}

/** Nova Sonic takes the schema of a tool as text. */
function toTool(tool: JsonValue, path: string): string {
  requireMembers(tool, path, ['toolSpec'])
  const spec = tool.get('toolSpec')
  if (!spec) throw invalid(`${path}toolSpec is missing.`)
  const where = `${path}toolSpec.`
  requireMembers(spec, where, ['name', 'description', 'inputSchema'])
  requireToolName(spec, where)
  if (spec.get('description')) requireString(spec, 'description', where)
  const given = spec.get('inputSchema')
  if (given) requireMembers(given, `${where}inputSchema.`, ['json'])
  const schema = given?.get('json')
  if (schema?.kind !== 'object') throw invalid(`${where}inputSchema.json must be an object.`)
  const members = spec.members
    .filter(({ value }) => value.kind !== 'null')
    .map(({ name, value }: JsonMember) =>
      name === 'inputSchema'
        ? `"inputSchema":{"json":${json(schema.bytes.toString())}}`
        : `${json(name)}:${value.bytes.toString()}`,
    )
  return `{"toolSpec":{${members.join(',')}}}`
}

function readSystem(root: JsonValue): Buffer[] {
  return readItems(root.get('system'), 'system').map((block, index) => {
    requireMembers(block, `system[${index}].`, ['text'])
    return requireString(block, 'text', `system[${index}].`).bytes
  })
}

interface Message {
  readonly path: string
  readonly role: string
  readonly blocks: readonly JsonValue[]
}

function readMessages(root: JsonValue): Message[] {
  const messages = readItems(root.get('messages'), 'messages')
  if (messages.length === 0) throw invalid('messages must have at least one message.')
  return messages.map((message, index) => {
    const path = `messages[${index}]`
    requireMembers(message, `${path}.`, ['role', 'content'])
    const role = message.get('role')?.text ?? ''
    if (role !== 'user' && role !== 'assistant') throw invalid(`${path}.role must be user or assistant.`)
    const blocks = readItems(message.get('content'), `${path}.content`)
    if (blocks.length === 0) throw invalid(`${path}.content must have at least one block.`)
    return { path, role, blocks }
  })
}

/** Reads the audio of the last message; undefined for one of texts. */
function readSpeech({ path, blocks }: Message, pcmRate: number): Pcm | undefined {
  const index = blocks.findIndex((block) => block.get('audio'))
  if (index === -1) return undefined
  if (blocks.length > 1) throw invalid(`${path}.content must have texts or one audio block, not both.`)
  const where = `${path}.content[${index}].audio`
  const audio = blocks[index]?.get('audio')
  if (audio) requireMembers(audio, `${where}.`, ['format', 'source'])
  const format = audio?.get('format')?.text
  if (format !== 'wav' && format !== 'pcm') throw invalid(`${where}.format must be wav or pcm.`)
  const source = audio?.get('source')
  if (source) requireMembers(source, `${where}.source.`, ['bytes'])
  const encoded = source?.get('bytes')?.text
  if (encoded === undefined) throw invalid(`${where}.source.bytes is missing.`)
  const bytes = Buffer.from(encoded, 'base64')
  return format === 'wav' ? readWav(bytes, `${where}.source.bytes`) : toPcm(bytes, pcmRate, `${where}.source.bytes`)
}

function findToolUseIds(root: JsonValue): ReadonlySet<string> {
  const uses = (root.get('messages')?.items ?? [])
    .flatMap((message) => message.get('content')?.items ?? [])
    .flatMap((block) => block.get('toolUse') ?? [])
  return new Set(uses.map((use) => use.get('toolUseId')?.text ?? ''))
}

/**
 * Turns a message into a content of texts. Nova Sonic's history is text only, so a use of a tool and its result are told in
 * words.
 */
function toContent({ path, role, blocks }: Message, toolUseIds: ReadonlySet<string>) {
  const texts = blocks.map((block, index): string | Buffer => {
    const [member, second] = block.members
    if (!member || second) throw invalid(`${path}.content[${index}] must have one member.`)
    const { name, value } = member
    const where = `${path}.content[${index}].${name}.`
    if (name === 'text' && value.kind === 'string') return value.bytes
    if (name === 'toolUse') {
      requireMembers(value, where, ['toolUseId', 'name', 'input'])
      const { text: tool } = requireToolName(value, where)
      const { text: id } = requireString(value, 'toolUseId', where)
      return json(`[I used the tool ${tool} as ${id} with the input ${value.get('input')?.bytes.toString() ?? '{}'}]`)
    }
    if (name === 'toolResult') {
      requireMembers(value, where, ['toolUseId', 'content', 'status'])
      const id = requireString(value, 'toolUseId', where).text ?? ''
      if (!toolUseIds.has(id)) throw invalid(`${where}toolUseId names no use of a tool.`)
      return json(`[${isFailed(value, where) ? 'Error' : 'Result'} of ${id}: ${resultText(value, where)}]`)
    }
    const hint = name === 'audio' ? ' Put the transcript of earlier speech into a text block.' : ''
    throw invalid(`${path}.content[${index}].${name} is not known for spoken turns.${hint}`)
  })
  return { role: role.toUpperCase(), texts }
}

function isFailed(result: JsonValue, path: string): boolean {
  const status = result.get('status')
  if (status && status.text !== 'success' && status.text !== 'error') {
    throw invalid(`${path}status must be success or error.`)
  }
  return status?.text === 'error'
}

function resultText(result: JsonValue, path: string): string {
  return readItems(result.get('content'), `${path}content`)
    .map((part, index) => {
      const where = `${path}content[${index}].`
      requireMembers(part, where, ['text', 'json'])
      const [member, second] = part.members
      if (!member || second) throw invalid(`${where.slice(0, -1)} must have one member.`)
      return member.name === 'json' ? member.value.bytes.toString() : requireString(part, 'text', where).text
    })
    .join('\n')
}
