import type { InferenceParameters, Tool } from '../conversation/types.ts'
import { validationError } from '../messages.ts'
import { isPresent, type JsonObject, type JsonValue } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { omitUndefined, readNumber, readObject, readObjects, readString } from '../shapes/read-json.ts'
import type { ClientEvent, ClientEventName } from './client-events.ts'
import { sessionMessages } from './messages.ts'

/** Settings of a prompt, which is the conversation of a session. */
export interface PromptSettings {
  readonly promptName: string
  readonly voiceId: string
  /** Samples per second of the answer's audio. */
  readonly sampleRate: number
  readonly tools: readonly Tool[]
}

export type SessionInput =
  | { readonly kind: 'session-start'; readonly parameters: InferenceParameters; readonly pauseMs: number }
  | { readonly kind: 'prompt-start'; readonly prompt: PromptSettings }
  | { readonly kind: 'system'; readonly text: string }
  | { readonly kind: 'history'; readonly role: 'user' | 'assistant'; readonly text: string }
  /** Text that the user writes in place of speech. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'audio-start'; readonly sampleRate: number }
  | { readonly kind: 'audio'; readonly pcm: Buffer }
  | { readonly kind: 'audio-end' }
  | { readonly kind: 'tool-result'; readonly toolUseId: string; readonly text: string }
  | { readonly kind: 'session-end' }

type ContentType = 'TEXT' | 'AUDIO' | 'TOOL'

/** An open content of the client. */
interface Content {
  readonly type: ContentType
  readonly role: string
  readonly isInteractive: boolean
  readonly toolUseId: string
  /** Pieces of text; of audio none is kept. */
  readonly pieces: string[]
}

const SAMPLE_RATES = [8_000, 16_000, 24_000]

/** Roles of each type of content. */
const ROLES: Readonly<Record<ContentType, readonly string[]>> = {
  TEXT: ['SYSTEM', 'USER', 'ASSISTANT', 'SYSTEM_SPEECH'],
  AUDIO: ['USER'],
  TOOL: ['TOOL'],
}

const CONFIGURATIONS: Readonly<Record<ContentType, string>> = {
  TEXT: 'textInputConfiguration',
  AUDIO: 'audioInputConfiguration',
  TOOL: 'toolResultInputConfiguration',
}

/** Event with the pieces of each type of content. */
const PIECES: Readonly<Record<ContentType, ClientEventName>> = {
  TEXT: 'textInput',
  AUDIO: 'audioInput',
  TOOL: 'toolResult',
}

const SYSTEM_ROLES = ['SYSTEM', 'SYSTEM_SPEECH']

/** Silence that ends a turn, by endpointingSensitivity. AWS documents the order of the three; the times are ours. */
const PAUSES_MS: Readonly<Record<string, number>> = { HIGH: 1_500, MEDIUM: 1_750, LOW: 2_000 }

/** Limit without a maxTokens. AWS documents no default: the number is ours. */
const DEFAULT_MAX_TOKENS = 1_024

/** Limit of all texts of a session, as of a request of InvokeModel. */
const MAX_TEXT_BYTES = 25_000_000

/** Phases of a conversation: the earlier ones cannot come back. */
type Phase = 'system' | 'history' | 'live'

/**
 * Order of the events of a client, as Nova 2 Sonic's guide has it: session, prompt, system text, history, and then audio,
 * texts and results of tools until each opened thing is ended. A wrong order is a ValidationException.
 */
export class EventOrder {
  readonly #takeTool: (toolUseId: string) => boolean
  #state: 'new' | 'session' | 'prompt' | 'prompt-ended' | 'ended' = 'new'
  #phase: Phase = 'system'
  #promptName = ''
  #textBytes = 0
  readonly #contents = new Map<string, Content>()
  readonly #usedNames = new Set<string>()
  readonly #systemRoles = new Set<string>()

  /** `takeTool` tells whether a tool use waits for its result, which it then has. */
  constructor(takeTool: (toolUseId: string) => boolean) {
    this.#takeTool = takeTool
  }

  /** True after sessionEnd. */
  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  /** Checks an event. Returns what it means for the session; undefined if its meaning comes with a later one. */
  accept({ name, body }: ClientEvent): SessionInput | undefined {
    this.#requireState(name)
    switch (name) {
      case 'sessionStart':
        this.#state = 'session'
        return { kind: 'session-start', ...readSessionStart(body) }
      case 'promptStart': {
        this.#state = 'prompt'
        const prompt = readPrompt(body)
        this.#promptName = prompt.promptName
        return { kind: 'prompt-start', prompt }
      }
      case 'sessionEnd':
        this.#state = 'ended'
        return { kind: 'session-end' }
      default:
        this.#requirePrompt(name, body)
    }
    switch (name) {
      case 'contentStart':
        return this.#startContent(body)
      case 'contentEnd':
        return this.#endContent(body)
      case 'promptEnd':
        return this.#endPrompt()
      default:
        return this.#addPiece(name, body)
    }
  }

  #requireState(name: ClientEventName): void {
    const state = this.#state
    if (name === 'sessionStart') {
      if (state !== 'new') throw unexpected(name, 'the session has started already')
    } else if (state === 'new') {
      throw unexpected(name, 'the first event is sessionStart')
    } else if (state === 'ended') {
      throw unexpected(name, 'the session has ended')
    } else if (name === 'promptStart') {
      if (state !== 'session') throw unexpected(name, 'the prompt has started already')
    } else if (state === 'session') {
      throw unexpected(name, 'promptStart follows sessionStart')
    } else if (state === 'prompt-ended') {
      if (name !== 'sessionEnd') throw unexpected(name, 'sessionEnd follows promptEnd')
    } else if (name === 'sessionEnd') {
      throw unexpected(name, `the prompt ${quote(this.#promptName)} is open, and promptEnd ends it`)
    }
  }

  #requirePrompt(name: ClientEventName, { promptName }: JsonObject): void {
    if (promptName === this.#promptName) return
    throw unexpected(
      name,
      `its promptName is ${quote(promptName)}, that of the open prompt is ${quote(this.#promptName)}`,
    )
  }

  #startContent(body: JsonObject): SessionInput | undefined {
    const contentName = readString(body.contentName) ?? ''
    const type = readString(body.type) as ContentType
    const role = readString(body.role) ?? ''
    if (this.#usedNames.has(contentName)) {
      throw unexpected('contentStart', `there was a content ${quote(contentName)} already`)
    }
    if (!ROLES[type].includes(role)) throw validationError(sessionMessages.role(type, role, ROLES[type]))
    const configuration = readObject(body[CONFIGURATIONS[type]])
    if (!configuration) {
      throw validationError(sessionMessages.missingMember('#/contentStart', CONFIGURATIONS[type], type))
    }
    const isInteractive = body.interactive === true
    const toolUseId = readString(configuration.toolUseId) ?? ''
    this.#requirePlace({ type, role, isInteractive, toolUseId })
    const sampleRate = type === 'AUDIO' ? readSampleRate(configuration, 'contentStart/audioInputConfiguration') : 0
    this.#usedNames.add(contentName)
    this.#contents.set(contentName, { type, role, isInteractive, toolUseId, pieces: [] })
    return type === 'AUDIO' ? { kind: 'audio-start', sampleRate } : undefined
  }

  /** Checks that a content comes in its phase of the conversation, and that none is open that must be ended before it. */
  #requirePlace({ type, role, isInteractive, toolUseId }: Omit<Content, 'pieces'>): void {
    if (type === 'TOOL') {
      if (this.#takeTool(toolUseId)) return
      throw unexpected('contentStart', `no tool use waits for the result of ${quote(toolUseId)}`)
    }
    const phase = findPhase(type, role, isInteractive)
    if (phase === 'system') {
      if (this.#phase !== 'system') throw unexpected('contentStart', `the role ${role} comes before all other contents`)
      if (this.#systemRoles.has(role))
        throw unexpected('contentStart', `there was a content of the role ${role} already`)
      this.#systemRoles.add(role)
    }
    if (phase === 'history' && this.#phase === 'live') {
      throw unexpected('contentStart', 'the history comes before the first audio and the first interactive text')
    }
    if (phase === 'history' && this.#phase === 'system' && role !== 'USER') {
      throw unexpected('contentStart', 'the first message of the history is of the role USER')
    }
    if (role === 'ASSISTANT' && isInteractive) {
      throw unexpected('contentStart', 'a content of the role ASSISTANT is history, so that interactive is false')
    }
    for (const [name, open] of this.#contents) {
      if (open.type === 'TEXT') throw unexpected('contentStart', `the content ${quote(name)} is open`)
      if (open.type === 'AUDIO' && type === 'AUDIO') {
        throw unexpected('contentStart', `the audio content ${quote(name)} is open, and there is one at a time`)
      }
    }
    this.#phase = phase
  }

  #addPiece(name: ClientEventName, body: JsonObject): SessionInput | undefined {
    const [contentName, content] = this.#findContent(name, body)
    if (PIECES[content.type] !== name) {
      throw unexpected(name, `the content ${quote(contentName)} is of the type ${content.type}`)
    }
    const piece = readString(body.content) ?? ''
    if (content.type === 'AUDIO') {
      const pcm = Buffer.from(piece, 'base64')
      if (pcm.length % 2 !== 0) throw validationError(sessionMessages.oddAudio(pcm.length))
      return { kind: 'audio', pcm }
    }
    this.#textBytes += Buffer.byteLength(piece)
    if (this.#textBytes > MAX_TEXT_BYTES) throw validationError(sessionMessages.tooMuchText(MAX_TEXT_BYTES))
    content.pieces.push(piece)
    return undefined
  }

  #endContent(body: JsonObject): SessionInput {
    const [contentName, { type, role, isInteractive, toolUseId, pieces }] = this.#findContent('contentEnd', body)
    if (type === 'AUDIO') {
      this.#contents.delete(contentName)
      return { kind: 'audio-end' }
    }
    if (pieces.length === 0) {
      throw unexpected('contentEnd', `the content ${quote(contentName)} has no event ${PIECES[type]}`)
    }
    this.#contents.delete(contentName)
    const text = pieces.join('')
    if (type === 'TOOL') return { kind: 'tool-result', toolUseId, text }
    if (SYSTEM_ROLES.includes(role)) return { kind: 'system', text }
    return isInteractive
      ? { kind: 'text', text }
      : { kind: 'history', role: role === 'USER' ? 'user' : 'assistant', text }
  }

  #endPrompt(): undefined {
    const [open] = this.#contents.keys()
    if (open !== undefined) throw unexpected('promptEnd', `the content ${quote(open)} is open, and contentEnd ends it`)
    this.#state = 'prompt-ended'
  }

  #findContent(name: ClientEventName, body: JsonObject): [contentName: string, content: Content] {
    const contentName = readString(body.contentName) ?? ''
    const content = this.#contents.get(contentName)
    if (content) return [contentName, content]
    const fact = this.#usedNames.has(contentName) ? 'has ended' : 'has not started'
    throw unexpected(name, `the content ${quote(contentName)} ${fact}`)
  }
}

function findPhase(type: ContentType, role: string, isInteractive: boolean): Phase {
  if (SYSTEM_ROLES.includes(role)) return 'system'
  return type === 'AUDIO' || isInteractive ? 'live' : 'history'
}

function unexpected(name: ClientEventName, fact: string): Error {
  return validationError(sessionMessages.unexpected(name, fact))
}

/** Quotes a name of the client, which may be long. */
function quote(name: JsonValue | undefined): string {
  return `"${(readString(name) ?? '').slice(0, 100)}"`
}

function readSessionStart(body: JsonObject): { parameters: InferenceParameters; pauseMs: number } {
  const { maxTokens, temperature, topP } = readObject(body.inferenceConfiguration) ?? {}
  const sensitivity = readString(readObject(body.turnDetectionConfiguration)?.endpointingSensitivity) ?? ''
  return {
    parameters: {
      maxTokens: readNumber(maxTokens) ?? DEFAULT_MAX_TOKENS,
      ...omitUndefined({ temperature: readNumber(temperature), topP: readNumber(topP) }),
      stopSequences: [],
      reasoning: false,
    },
    pauseMs: PAUSES_MS[sensitivity] ?? PAUSES_MS.MEDIUM ?? 0,
  }
}

function readPrompt(body: JsonObject): PromptSettings {
  const audio = readObject(body.audioOutputConfiguration) ?? {}
  const { tools } = readObject(body.toolConfiguration) ?? {}
  return {
    promptName: readString(body.promptName) ?? '',
    voiceId: readString(audio.voiceId) ?? '',
    sampleRate: readSampleRate(audio, 'promptStart/audioOutputConfiguration'),
    tools: readObjects(tools).map(({ toolSpec }) => readTool(readObject(toolSpec) ?? {})),
  }
}

/** Reads a tool, whose schema is JSON in a text. */
function readTool({ name, description, inputSchema }: JsonObject): Tool {
  const toolName = readString(name) ?? ''
  return {
    name: toolName,
    ...(isPresent(description) && { description: readString(description) ?? '' }),
    inputSchema: readSchema(toolName, readString(readObject(inputSchema)?.json) ?? ''),
  }
}

function readSchema(toolName: string, json: string): JsonObject {
  try {
    return parseJsonObject(Buffer.from(json))
  } catch {
    throw validationError(sessionMessages.toolSchema(toolName))
  }
}

function readSampleRate({ sampleRateHertz }: JsonObject, path: string): number {
  const rate = readNumber(sampleRateHertz) ?? 0
  if (SAMPLE_RATES.includes(rate)) return rate
  throw validationError(sessionMessages.sampleRate(`#/${path}/sampleRateHertz`, rate, SAMPLE_RATES))
}
