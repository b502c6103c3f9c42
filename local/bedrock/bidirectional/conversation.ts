import { setTimeout as wait } from 'node:timers/promises'
import { BedrockError } from '@bedrock-functions/runtime/core'
import { countTextTokens, splitTokens } from '../conversation/count-tokens.ts'
import { readText } from '../conversation/read-text.ts'
import type {
  AnswerBlock,
  ContentBlock,
  ConversationRequest,
  InferenceParameters,
  Turn,
} from '../conversation/types.ts'
import { applyStreamDirectives, requireWholeLength } from '../directives/apply-directives.ts'
import { removeDirectives } from '../directives/find-directives.ts'
import type { Directives, StreamFaults } from '../directives/parse-directives.ts'
import type { OperationCall, StreamEvent, Usage } from '../operations/operation.ts'
import type { Channel } from './channel.ts'
import { deriveUuid } from './derive-uuid.ts'
import type { PromptSettings } from './event-order.ts'
import { ServerEvents } from './server-events.ts'
import { addFaults, splitFaults, writeDirectives } from './session-faults.ts'
import { synthesizeTone, TONE_MS } from './synthesize-speech.ts'
import { countSpeechTokens, type Tokens, UsageMeter } from './usage-meter.ts'

/** Text of the notice that the user has interrupted the answer, which public clients search for. */
const INTERRUPTION_NOTICE = '{ "interrupted" : true }'

/** Work of the model, in the order in which it came. `interrupted` ends an answer: the user has gone on. */
type Job =
  /** Text or audio that the model has read, without an answer. */
  | { readonly kind: 'input'; readonly input: Tokens }
  | { readonly kind: 'system'; readonly text: string }
  | { readonly kind: 'turn'; readonly text: string; readonly input: Tokens; readonly interrupted: AbortSignal }
  | { readonly kind: 'results'; readonly toolUseId: string; readonly text: string; readonly interrupted: AbortSignal }
  | { readonly kind: 'end' }

export interface ConversationSettings {
  readonly call: OperationCall
  readonly parameters: InferenceParameters
  readonly prompt: PromptSettings
  /** Faults of the stream that were set from outside for the call. */
  readonly faults: StreamFaults
  /** Other directives that were set so. */
  readonly others: Directives
}

/** The model's side of a session: it answers one turn after the other and stops where the user interrupts it. */
export class Conversation {
  readonly #settings: ConversationSettings
  readonly #events: Channel<StreamEvent>
  readonly #countSent: () => number
  readonly #meter = new UsageMeter()
  readonly #sessionId: string
  readonly #turns: Turn[] = []
  /** Tool uses that wait for a result of the client. */
  readonly #awaitedTools = new Set<string>()
  /** Directives of the turns of tool uses, for the answers to their results. */
  readonly #toolDirectives = new Map<string, Directives>()
  readonly #jobs: Job[] = []
  /** Directives of answers in the system text, which hold for every turn. */
  #standing = ''
  #system = ''
  #faults: StreamFaults
  #completions = 0
  #server: ServerEvents
  #isCompletionOpen = false
  /** Interrupts the answers to all that has come since the user's last interruption. */
  #interruption = new AbortController()
  #isBusy = false

  /** `countSent` returns the number of events that were sent. */
  constructor(settings: ConversationSettings, events: Channel<StreamEvent>, countSent: () => number) {
    this.#settings = settings
    this.#events = events
    this.#countSent = countSent
    this.#faults = settings.faults
    this.#sessionId = deriveUuid(settings.call.path, settings.prompt.promptName)
    this.#server = this.#nextCompletion()
  }

  get faults(): StreamFaults {
    return this.#faults
  }

  usage(): Required<Usage> {
    return this.#meter.usage()
  }

  /** Tests whether a tool use waits for its result, which comes now. */
  takeTool(toolUseId: string): boolean {
    return this.#awaitedTools.delete(toolUseId)
  }

  addSystem(text: string): void {
    this.#add({ kind: 'system', text })
  }

  addHistory(role: Turn['role'], text: string): void {
    this.#addTurn(role, [{ kind: 'text', text }])
    this.#add({ kind: 'input', input: { textTokens: countTextTokens(text) } })
  }

  /** The user has begun to speak: the answers to all that came before end. */
  startSpeech(): void {
    this.#interrupt()
  }

  /** The user has spoken for `durationMs`. What was said is not recognised. */
  endSpeech(durationMs: number): void {
    const text = `speech of ${(durationMs / 1_000).toFixed(1)} seconds`
    this.#add({ kind: 'turn', text, input: { speechTokens: countSpeechTokens(durationMs) }, ...this.#interruptible() })
  }

  /**
   * The user has written `text`, which has directives: the answers to all that came before end. Speech that has begun
   * before does not interrupt the answer to the text.
   */
  addText(text: string): void {
    this.#interrupt()
    const input = { textTokens: countTextTokens(removeDirectives(text)) }
    this.#add({ kind: 'turn', text, input, ...this.#interruptible() })
  }

  addToolResult(toolUseId: string, text: string): void {
    this.#add({ kind: 'results', toolUseId, text, ...this.#interruptible() })
  }

  /** Ends the stream after the answers to what has come. */
  end(): void {
    this.#add({ kind: 'end' })
  }

  #interrupt(): void {
    this.#interruption.abort()
    this.#interruption = new AbortController()
  }

  #interruptible(): { interrupted: AbortSignal } {
    return { interrupted: this.#interruption.signal }
  }

  #add(job: Job): void {
    this.#jobs.push(job)
    if (this.#isBusy) return
    this.#isBusy = true
    this.#work().catch((error: unknown) => this.#events.fail(error))
  }

  async #work(): Promise<void> {
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await this.#do(job)
    this.#isBusy = false
  }

  async #do(job: Job): Promise<void> {
    switch (job.kind) {
      case 'input':
        return this.#report(job.input, {})
      case 'system':
        return this.#readSystem(job.text)
      case 'turn':
        return this.#answerTurn(job.text, job.input, job.interrupted)
      case 'results':
        return this.#answerResult(job.toolUseId, job.text, job.interrupted)
      case 'end':
        await this.#endCompletion()
        this.#events.close()
    }
  }

  async #readSystem(text: string): Promise<void> {
    const { call } = this.#settings
    await this.#readDirectives(writeDirectives(text, 'faults'), call.signal)
    this.#standing += writeDirectives(text, 'others')
    const plain = removeDirectives(text)
    this.#system = [this.#system, plain].filter((part) => part !== '').join('\n\n')
    await this.#report({ textTokens: countTextTokens(plain) }, {})
  }

  async #answerTurn(text: string, input: Tokens, interrupted: AbortSignal): Promise<void> {
    // A tool whose result has not come is used in the background: the next turn has a completion of its own.
    await this.#endCompletion()
    const directives = await this.#readDirectives(`${this.#standing}${text}`, interrupted)
    const plain = removeDirectives(text)
    this.#addTurn('user', [{ kind: 'text', text: plain }])
    await this.#report(input, {})
    await this.#openCompletion()
    await this.#sendAll(this.#server.text('USER', 'FINAL', plain, 'PARTIAL_TURN'))
    await this.#answer(directives, interrupted)
  }

  async #answerResult(toolUseId: string, text: string, interrupted: AbortSignal): Promise<void> {
    // The directive has had its tool: using it again would never end.
    const { tool: _, ...directives } = this.#toolDirectives.get(toolUseId) ?? {}
    this.#toolDirectives.delete(toolUseId)
    this.#addTurn('user', [{ kind: 'toolResult', id: toolUseId, isError: false, blocks: [{ kind: 'text', text }] }])
    await this.#report({ textTokens: countTextTokens(text) }, {})
    await this.#openCompletion()
    await this.#answer(directives, interrupted)
  }

  /** Applies the directives before an answer, keeps the faults of the stream and returns those of the answer itself. */
  async #readDirectives(text: string, interrupted: AbortSignal): Promise<Directives> {
    const { call, others: fault } = this.#settings
    const signal = AbortSignal.any([call.signal, interrupted])
    // The text stands for the body, by which the same request is found again.
    const attempt = { ...call, body: Buffer.from(text), signal, fault }
    const read = await unlessInterrupted(applyStreamDirectives(text, attempt), interrupted)
    const { faults, others } = splitFaults(read ?? {})
    if (Object.keys(faults).length > 0) this.#faults = addFaults(this.#faults, faults, this.#countSent())
    requireWholeLength(others)
    return others
  }

  async #answer(directives: Directives, interrupted: AbortSignal): Promise<void> {
    const { call } = this.#settings
    const signal = AbortSignal.any([call.signal, interrupted])
    const answer = interrupted.aborted
      ? undefined
      : await unlessInterrupted(call.model.answer(this.#request(), directives, signal), interrupted)
    if (answer === undefined) {
      await this.#sendAll(this.#server.text('ASSISTANT', 'FINAL', INTERRUPTION_NOTICE, 'INTERRUPTED'))
      return this.#endCompletion()
    }
    const uses = answer.blocks.filter((block) => block.kind === 'toolUse')
    if (uses.length > 0) return this.#useTools(uses, directives, answer.usage.outputTokens)
    return this.#speak(readText(answer.blocks), directives, interrupted)
  }

  /** Uses tools. The completion goes on with their results. */
  async #useTools(
    uses: readonly Extract<AnswerBlock, { kind: 'toolUse' }>[],
    directives: Directives,
    outputTokens: number,
  ): Promise<void> {
    this.#addTurn('assistant', uses)
    for (const { id, name, input } of uses) {
      // The result may come as soon as the use is sent.
      this.#awaitedTools.add(id)
      this.#toolDirectives.set(id, directives)
      await this.#sendAll(this.#server.toolUse(name, id, JSON.stringify(input)))
    }
    await this.#report({}, { textTokens: outputTokens })
  }

  /** Says a text: first as planned, then as audio, then what was spoken of it. */
  async #speak(text: string, { rate }: Directives, interrupted: AbortSignal): Promise<void> {
    const server = this.#server
    const { sampleRate, voiceId } = this.#settings.prompt
    await this.#sendAll(server.text('ASSISTANT', 'SPECULATIVE', text, 'PARTIAL_TURN'))
    const { content, event } = server.audioStart(sampleRate)
    await this.#events.send(event)
    const spoken: string[] = []
    const startedAt = performance.now()
    for (const token of splitTokens(text)) {
      if (rate !== undefined) await this.#waitUntil(startedAt + ((spoken.length + 1) / rate) * 1_000, interrupted)
      if (interrupted.aborted) break
      await this.#events.send(server.audioOutput(content, synthesizeTone(token, voiceId, sampleRate)))
      spoken.push(token)
    }
    const stopReason = interrupted.aborted ? 'INTERRUPTED' : 'END_TURN'
    await this.#events.send(server.contentEnd(content, stopReason))
    const said = spoken.join('')
    if (interrupted.aborted) await this.#sendAll(server.text('ASSISTANT', 'FINAL', INTERRUPTION_NOTICE, stopReason))
    if (!interrupted.aborted || said !== '') await this.#sendAll(server.text('ASSISTANT', 'FINAL', said, stopReason))
    if (said !== '') this.#addTurn('assistant', [{ kind: 'text', text: said }])
    const speechTokens = countSpeechTokens(spoken.length * TONE_MS)
    await this.#report({}, { speechTokens, textTokens: spoken.length })
    await this.#endCompletion()
  }

  async #waitUntil(time: number, interrupted: AbortSignal): Promise<void> {
    const early = time - performance.now()
    const signal = AbortSignal.any([this.#settings.call.signal, interrupted])
    if (early > 0) await unlessInterrupted(wait(early, undefined, { signal }), interrupted)
  }

  #request(): ConversationRequest {
    const { parameters, prompt } = this.#settings
    return {
      system: this.#system,
      turns: this.#turns,
      tools: prompt.tools,
      toolChoice: { kind: 'auto' },
      parameters,
    }
  }

  #addTurn(role: Turn['role'], blocks: readonly ContentBlock[]): void {
    this.#turns.push({ role, blocks, path: [] })
  }

  #report(input: Tokens, output: Tokens): Promise<void> {
    return this.#events.send(this.#server.usageEvent(this.#meter.add(input, output)))
  }

  async #openCompletion(): Promise<void> {
    if (this.#isCompletionOpen) return
    this.#isCompletionOpen = true
    await this.#events.send(this.#server.completionStart())
  }

  async #endCompletion(): Promise<void> {
    if (!this.#isCompletionOpen) return
    this.#isCompletionOpen = false
    await this.#events.send(this.#server.completionEnd())
    this.#server = this.#nextCompletion()
  }

  /** Prepares the next completion, whose id the usage events before it have, too. */
  #nextCompletion(): ServerEvents {
    this.#completions += 1
    const completionId = deriveUuid(this.#sessionId, String(this.#completions))
    return new ServerEvents({
      sessionId: this.#sessionId,
      promptName: this.#settings.prompt.promptName,
      completionId,
    })
  }

  async #sendAll(events: readonly StreamEvent[]): Promise<void> {
    for (const event of events) await this.#events.send(event)
  }
}

/** Result of a work that `interrupted` ends; undefined when it did. */
async function unlessInterrupted<Result>(work: Promise<Result>, interrupted: AbortSignal): Promise<Result | undefined> {
  try {
    return await work
  } catch (error) {
    // A wrong directive is told also where the user has interrupted it.
    if (interrupted.aborted && !(error instanceof BedrockError)) return undefined
    throw error
  }
}
