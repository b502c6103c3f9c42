import {
  type BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  InvokeModelWithBidirectionalStreamCommand,
  type InvokeModelWithBidirectionalStreamInput,
} from '@aws-sdk/client-bedrock-runtime'
import { createClient } from './support.ts'

export const SONIC = 'amazon.nova-2-sonic-v1:0'
export const PROMPT = 'prompt'

/** Samples per second of the audio that the tests send. */
export const INPUT_RATE = 16_000

export interface ReceivedEvent {
  readonly name: string
  // Tests read events of any shape. A wrong shape fails the assertion.
  readonly body: ReturnType<typeof JSON.parse>
}

export type Members = Readonly<Record<string, unknown>>
type Part = InvokeModelWithBidirectionalStreamInput

const INFERENCE = { maxTokens: 1_024, topP: 0.9, temperature: 0.7 }

export const AUDIO_OUTPUT = {
  mediaType: 'audio/lpcm',
  sampleRateHertz: 24_000,
  sampleSizeBits: 16,
  channelCount: 1,
  voiceId: 'matthew',
  encoding: 'base64',
  audioType: 'SPEECH',
}

export const AUDIO_INPUT = {
  mediaType: 'audio/lpcm',
  sampleRateHertz: INPUT_RATE,
  sampleSizeBits: 16,
  channelCount: 1,
  audioType: 'SPEECH',
  encoding: 'base64',
}

export const TEXT_INPUT = { mediaType: 'text/plain' }

const ignore = (): void => undefined

/** Client without the SDK's warning that it repeats no stream, which each refused session would print. */
export function createSpeechClient(url: string, config: BedrockRuntimeClientConfig = {}): BedrockRuntimeClient {
  return createClient(url, { logger: { debug: ignore, info: ignore, warn: ignore, error: ignore }, ...config })
}

/** A session of the SDK whose events are sent and read step by step. */
export class SpeechSession {
  readonly #client: BedrockRuntimeClient
  readonly #modelId: string
  readonly #abort = new AbortController()
  readonly #queue: Part[] = []
  readonly #events: ReceivedEvent[] = []
  #wakeSender = (): void => {}
  #wakeReader = (): void => {}
  #isFinished = false
  #contents = 0
  #position = 0
  #outcome: { readonly error?: unknown } | undefined

  constructor(client: BedrockRuntimeClient, modelId = SONIC) {
    this.#client = client
    this.#modelId = modelId
    void this.#run()
  }

  /** All events so far. */
  get events(): readonly ReceivedEvent[] {
    return this.#events
  }

  send(name: string, body: Members = {}): void {
    this.sendBytes(JSON.stringify({ event: { [name]: body } }))
  }

  sendBytes(document: string): void {
    this.#queue.push({ chunk: { bytes: Buffer.from(document) } })
    this.#wakeSender()
  }

  startSession(members: Members = {}): void {
    this.send('sessionStart', { inferenceConfiguration: INFERENCE, ...members })
  }

  startPrompt(members: Members = {}): void {
    this.send('promptStart', {
      promptName: PROMPT,
      textOutputConfiguration: TEXT_INPUT,
      audioOutputConfiguration: AUDIO_OUTPUT,
      ...members,
    })
  }

  start(prompt: Members = {}): void {
    this.startSession()
    this.startPrompt(prompt)
  }

  startContent(contentName: string, members: Members): void {
    this.send('contentStart', { promptName: PROMPT, contentName, ...members })
  }

  endContent(contentName: string): void {
    this.send('contentEnd', { promptName: PROMPT, contentName })
  }

  /** Sends a whole content of text; returns its name. */
  text(role: string, content: string, interactive = false): string {
    const contentName = this.nextName()
    this.startContent(contentName, { type: 'TEXT', role, interactive, textInputConfiguration: TEXT_INPUT })
    this.send('textInput', { promptName: PROMPT, contentName, content })
    this.endContent(contentName)
    return contentName
  }

  say(content: string): void {
    this.text('USER', content, true)
  }

  openAudio(): string {
    const contentName = this.nextName()
    this.startContent(contentName, {
      type: 'AUDIO',
      role: 'USER',
      interactive: true,
      audioInputConfiguration: AUDIO_INPUT,
    })
    return contentName
  }

  /** Sends audio in frames of 32 ms, as from a microphone. */
  audio(contentName: string, pcm: Buffer): void {
    const frame = (INPUT_RATE * 2 * 32) / 1_000
    for (let start = 0; start < pcm.length; start += frame) {
      const content = pcm.subarray(start, start + frame).toString('base64')
      this.send('audioInput', { promptName: PROMPT, contentName, content })
    }
  }

  toolResult(toolUseId: string, content: string): void {
    const contentName = this.nextName()
    this.startContent(contentName, {
      type: 'TOOL',
      role: 'TOOL',
      interactive: false,
      toolResultInputConfiguration: { toolUseId, type: 'TEXT', textInputConfiguration: TEXT_INPUT },
    })
    this.send('toolResult', { promptName: PROMPT, contentName, content })
    this.endContent(contentName)
  }

  end(): void {
    this.send('promptEnd', { promptName: PROMPT })
    this.send('sessionEnd')
  }

  /** Ends the request, with or without sessionEnd. */
  finish(): void {
    this.#isFinished = true
    this.#wakeSender()
  }

  /** Leaves in the middle of the session. */
  leave(): void {
    this.#abort.abort()
    this.finish()
  }

  nextName(): string {
    this.#contents += 1
    return `content-${this.#contents}`
  }

  /** Reads up to the first event that fits. Rejects with the session's exception, or when the session ends before it. */
  async until(fits: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent[]> {
    const read: ReceivedEvent[] = []
    while (true) {
      for (let event = this.#events[this.#position]; event; event = this.#events[this.#position]) {
        this.#position += 1
        read.push(event)
        if (fits(event)) return read
      }
      if (this.#outcome?.error) throw this.#outcome.error
      if (this.#outcome) throw new Error(`the session ended after ${JSON.stringify(read.map(({ name }) => name))}`)
      await this.#change()
    }
  }

  /** Reads up to the end of an answer. */
  turn(): Promise<ReceivedEvent[]> {
    return this.until(({ name }) => name === 'completionEnd')
  }

  /** Waits for the end of the stream. Rejects with its exception. */
  async ended(): Promise<readonly ReceivedEvent[]> {
    while (!this.#outcome) await this.#change()
    if (this.#outcome.error) throw this.#outcome.error
    return this.#events
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve
    })
  }

  async #run(): Promise<void> {
    try {
      const { body = [] } = await this.#client.send(
        new InvokeModelWithBidirectionalStreamCommand({ modelId: this.#modelId, body: this.#parts() }),
        { abortSignal: this.#abort.signal },
      )
      for await (const { chunk } of body) {
        const { event } = JSON.parse(Buffer.from(chunk?.bytes ?? []).toString())
        for (const [name, members] of Object.entries(event)) this.#events.push({ name, body: members })
        this.#wakeReader()
      }
      this.#outcome = {}
    } catch (error) {
      this.#outcome = { error }
    }
    this.finish()
    this.#wakeReader()
  }

  async *#parts(): AsyncGenerator<Part> {
    while (true) {
      const part = this.#queue.shift()
      if (part) yield part
      else if (this.#isFinished) return
      else {
        await new Promise<void>((resolve) => {
          this.#wakeSender = resolve
        })
      }
    }
  }
}

/** A loud tone of 440 Hz. */
export function loudAudio(durationMs: number, sampleRate = INPUT_RATE): Buffer {
  return Buffer.concat(
    Array.from({ length: (sampleRate * durationMs) / 1_000 }, (_, index) => {
      const sample = Buffer.alloc(2)
      // A quarter of a period later, so that the first sample is loud.
      sample.writeInt16LE(Math.round(8_000 * Math.cos((2 * Math.PI * 440 * index) / sampleRate)))
      return sample
    }),
  )
}

export function silentAudio(durationMs: number, sampleRate = INPUT_RATE): Buffer {
  return Buffer.alloc(((sampleRate * durationMs) / 1_000) * 2)
}

/** Outline of a turn: names with what distinguishes them, audio as one. */
export function outline(events: readonly ReceivedEvent[]): string[] {
  const parts = events.map(({ name, body }) => {
    if (name === 'contentStart') {
      const stage = body.additionalModelFields ? ` ${JSON.parse(body.additionalModelFields).generationStage}` : ''
      return `contentStart ${body.type} ${body.role}${stage}`
    }
    return name === 'contentEnd' ? `contentEnd ${body.type} ${body.stopReason}` : name
  })
  return parts.filter((part, index) => part !== 'audioOutput' || parts[index - 1] !== 'audioOutput')
}

/** Texts of a role in a stage of generation. */
export function textsOf(events: readonly ReceivedEvent[], role: string, stage: string): string[] {
  const ids = events
    .filter(({ name, body }) => name === 'contentStart' && body.role === role && body.type === 'TEXT')
    .filter(({ body }) => JSON.parse(body.additionalModelFields).generationStage === stage)
    .map(({ body }) => body.contentId)
  return events
    .filter(({ name, body }) => name === 'textOutput' && ids.includes(body.contentId))
    .map(({ body }) => body.content)
}

export function audioOf(events: readonly ReceivedEvent[]): Buffer {
  return Buffer.concat(
    events.filter(({ name }) => name === 'audioOutput').map(({ body }) => Buffer.from(body.content, 'base64')),
  )
}
