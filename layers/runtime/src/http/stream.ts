import '../core/index.ts'
import type { RestReply } from '../core/errors.ts'
import type { CollectOptions, SpeechStream } from './collect-speech.ts'

export type { StreamFormat } from '../event-stream/stream-format.ts'
export { type ForwardOptions, forwardStream } from './forward-stream.ts'
export { chooseEventFormat, chooseFormat, mediaTypesOf } from './stream-format.ts'

/** Loads `collectSpeech` and calls it. Few answers are WAV files. */
export async function collectSpeech(
  stream: SpeechStream,
  contentType: string,
  options: CollectOptions,
): Promise<RestReply> {
  const { collectSpeech: collect } = await import('./collect-speech.ts')
  return collect(stream, contentType, options)
}
