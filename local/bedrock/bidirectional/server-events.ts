import type { StreamEvent } from '../operations/operation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { deriveUuid } from './derive-uuid.ts'

export type GenerationStage = 'SPECULATIVE' | 'FINAL'

export type ContentStop = 'PARTIAL_TURN' | 'END_TURN' | 'INTERRUPTED' | 'TOOL_USE'

/** A content of the model. */
export interface ServerContent {
  readonly contentId: string
  readonly type: 'TEXT' | 'AUDIO' | 'TOOL'
}

/** Ids that the events of one completion share. */
export interface CompletionIds {
  readonly sessionId: string
  readonly promptName: string
  readonly completionId: string
}

/** Renders the events of one completion. Source: Nova 2's guide, sonic-output-events. */
export class ServerEvents {
  readonly #ids: CompletionIds
  #contents = 0

  constructor(ids: CompletionIds) {
    this.#ids = ids
  }

  completionStart(): StreamEvent {
    return this.#wrap('completionStart', {})
  }

  completionEnd(): StreamEvent {
    return this.#wrap('completionEnd', { stopReason: 'END_TURN' })
  }

  /** `usage` has the members of a {@link UsageMeter}. */
  usageEvent(usage: JsonObject): StreamEvent {
    return this.#wrap('usageEvent', usage)
  }

  /** Content of the whole `text`, in three events. */
  text(role: 'USER' | 'ASSISTANT', stage: GenerationStage, text: string, stopReason: ContentStop): StreamEvent[] {
    const content = this.#begin('TEXT')
    return [
      this.#wrap('contentStart', {
        ...content,
        role,
        additionalModelFields: JSON.stringify({ generationStage: stage }),
        textOutputConfiguration: { mediaType: 'text/plain' },
      }),
      this.#wrap('textOutput', { contentId: content.contentId, role, content: text }),
      this.contentEnd(content, stopReason),
    ]
  }

  /** Content with the use of a tool, in three events. `input` is JSON in a text. */
  toolUse(toolName: string, toolUseId: string, input: string): StreamEvent[] {
    const content = this.#begin('TOOL')
    return [
      this.#wrap('contentStart', {
        ...content,
        role: 'TOOL',
        toolUseOutputConfiguration: { mediaType: 'application/json' },
      }),
      this.#wrap('toolUse', { contentId: content.contentId, toolName, toolUseId, content: input }),
      this.contentEnd(content, 'TOOL_USE'),
    ]
  }

  /** Starts a content of audio; {@link audioOutput} and {@link contentEnd} follow. */
  audioStart(sampleRate: number): { readonly content: ServerContent; readonly event: StreamEvent } {
    const content = this.#begin('AUDIO')
    const event = this.#wrap('contentStart', {
      ...content,
      role: 'ASSISTANT',
      audioOutputConfiguration: {
        mediaType: 'audio/lpcm',
        sampleRateHertz: sampleRate,
        sampleSizeBits: 16,
        channelCount: 1,
        encoding: 'base64',
      },
    })
    return { content, event }
  }

  audioOutput({ contentId }: ServerContent, pcm: Buffer): StreamEvent {
    return this.#wrap('audioOutput', { contentId, content: pcm.toString('base64') })
  }

  contentEnd({ contentId, type }: ServerContent, stopReason: ContentStop): StreamEvent {
    return this.#wrap('contentEnd', { contentId, stopReason, type })
  }

  #begin<Type extends ServerContent['type']>(type: Type): { readonly contentId: string; readonly type: Type } {
    this.#contents += 1
    return { contentId: deriveUuid(this.#ids.completionId, String(this.#contents)), type }
  }

  #wrap(name: string, members: JsonObject): StreamEvent {
    const document = { event: { [name]: { ...this.#ids, ...members } } }
    return { name: 'chunk', payload: { bytes: Buffer.from(JSON.stringify(document)).toString('base64') } }
  }
}
