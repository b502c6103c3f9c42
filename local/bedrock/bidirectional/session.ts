import type { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { BedrockError } from '@bedrock-functions/runtime/core'
import type { InferenceParameters } from '../conversation/types.ts'
import type { StreamFaults } from '../directives/parse-directives.ts'
import { validationError } from '../messages.ts'
import type { OperationCall, StreamEvent, Usage } from '../operations/operation.ts'
import { Channel } from './channel.ts'
import { readClientEvent } from './client-events.ts'
import { Conversation } from './conversation.ts'
import { EventOrder, type SessionInput } from './event-order.ts'
import { sessionMessages } from './messages.ts'
import { readChunks } from './read-chunks.ts'
import { splitFaults } from './session-faults.ts'
import { type SessionLimits, startLimits } from './session-limits.ts'
import { type DetectedSpeech, SpeechDetector } from './speech-detector.ts'

/** One session: reads and checks the events of the client while the conversation answers. */
export class Session {
  readonly #call: OperationCall
  readonly #input: Readable
  readonly #channel = new Channel<StreamEvent>()
  readonly #order = new EventOrder((toolUseId) => this.#conversation?.takeTool(toolUseId) ?? false)
  #parameters: InferenceParameters = { stopSequences: [], reasoning: false }
  #pauseMs = 0
  #conversation: Conversation | undefined
  #detector: SpeechDetector | undefined
  readonly #directives: ReturnType<typeof splitFaults>
  #sent = 0
  #isOver = false

  constructor(call: OperationCall, input: Readable) {
    this.#call = call
    this.#input = input
    this.#directives = splitFaults(call.fault ?? {})
  }

  /** Faults of the stream: those that were set for the call, later also those of the texts. */
  get faults(): StreamFaults {
    return this.#conversation?.faults ?? this.#directives.faults
  }

  usage(): Usage {
    return this.#conversation?.usage() ?? { inputTokens: 0, outputTokens: 0 }
  }

  /** Events for the client. Throws the exception that ends the session, and the reason of the call's signal. */
  async *events(): AsyncGenerator<StreamEvent> {
    const { clock, signal } = this.#call
    const fail = (error: unknown): void => this.#channel.fail(error)
    const leave = (): void => fail(signal.reason)
    const limits = startLimits(clock, fail)
    signal.addEventListener('abort', leave, { once: true })
    this.#read(limits).catch((error: unknown) => {
      // The signal ends the session of a client that is gone.
      if (error instanceof BedrockError || !this.#input.destroyed) fail(error)
    })
    try {
      for await (const event of this.#channel.values()) {
        this.#sent += 1
        yield event
      }
    } finally {
      this.#isOver = true
      limits.stop()
      signal.removeEventListener('abort', leave)
    }
  }

  async #read(limits: SessionLimits): Promise<void> {
    for await (const document of readChunks(this.#input)) {
      if (this.#isOver) return
      limits.touch()
      const input = this.#order.accept(readClientEvent(document))
      if (input?.kind === 'session-end') limits.finish()
      if (input) this.#take(input)
    }
    if (this.#order.hasEnded) return
    // The end of a request that its client has reset comes just before the news of the reset.
    await setImmediate()
    if (!this.#call.signal.aborted) throw validationError(sessionMessages.unfinished)
  }

  #take(input: SessionInput): void {
    const conversation = this.#conversation
    switch (input.kind) {
      case 'session-start':
        this.#parameters = input.parameters
        this.#pauseMs = input.pauseMs
        break
      case 'prompt-start':
        this.#conversation = new Conversation(
          { call: this.#call, parameters: this.#parameters, prompt: input.prompt, ...this.#directives },
          this.#channel,
          () => this.#sent,
        )
        break
      case 'system':
        conversation?.addSystem(input.text)
        break
      case 'history':
        conversation?.addHistory(input.role, input.text)
        break
      case 'text':
        conversation?.addText(input.text)
        break
      case 'audio-start':
        this.#detector = new SpeechDetector(input.sampleRate, this.#pauseMs)
        break
      case 'audio':
        this.#hear(this.#detector?.hear(input.pcm) ?? [])
        break
      case 'audio-end':
        this.#hear(this.#detector?.end() ?? [])
        break
      case 'tool-result':
        conversation?.addToolResult(input.toolUseId, input.text)
        break
      case 'session-end':
        conversation?.end()
    }
  }

  #hear(found: readonly DetectedSpeech[]): void {
    for (const speech of found) {
      if (speech.kind === 'speech-start') this.#conversation?.startSpeech()
      else this.#conversation?.endSpeech(speech.durationMs)
    }
  }
}
