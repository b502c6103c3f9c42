/** What a detector finds in audio: a user who begins to speak, or who has spoken for so long and is silent now. */
export type DetectedSpeech =
  | { readonly kind: 'speech-start' }
  | { readonly kind: 'speech-end'; readonly durationMs: number }

/** Sample above the noise of a microphone: about 3 % of the full scale. */
const SPEECH_LEVEL = 1_000

/** Finds the turns of a user in audio by its loudness. Time is that of the samples, not of the clock. */
export class SpeechDetector {
  readonly #sampleRate: number
  readonly #pauseSamples: number
  /** Samples from the first loud one to the last; 0 while nobody speaks. */
  #spokenSamples = 0
  #silentSamples = 0

  /** `pauseMs` of silence end a turn. */
  constructor(sampleRate: number, pauseMs: number) {
    this.#sampleRate = sampleRate
    this.#pauseSamples = (sampleRate * pauseMs) / 1_000
  }

  get isHearing(): boolean {
    return this.#spokenSamples > 0
  }

  /** Hears signed 16-bit little-endian samples. */
  hear(pcm: Buffer): DetectedSpeech[] {
    const found: DetectedSpeech[] = []
    for (let position = 0; position < pcm.length; position += 2) {
      if (Math.abs(pcm.readInt16LE(position)) >= SPEECH_LEVEL) {
        if (!this.isHearing) found.push({ kind: 'speech-start' })
        this.#spokenSamples += this.isHearing ? this.#silentSamples + 1 : 1
        this.#silentSamples = 0
      } else if (this.isHearing) {
        this.#silentSamples += 1
        if (this.#silentSamples >= this.#pauseSamples) found.push(...this.end())
      }
    }
    return found
  }

  /** Ends the turn without a pause, at the end of the audio. */
  end(): DetectedSpeech[] {
    if (!this.isHearing) return []
    const durationMs = (this.#spokenSamples / this.#sampleRate) * 1_000
    this.#spokenSamples = 0
    this.#silentSamples = 0
    return [{ kind: 'speech-end', durationMs }]
  }
}
