/** What a detector finds in audio: a user who begins to speak, or who has spoken for so long and is silent now. */
export type DetectedSpeech =
  | { readonly kind: 'speech-start' }
  | { readonly kind: 'speech-end'; readonly durationMs: number }

/** Sample above the noise of a microphone: about 3 % of the full scale. */
const SPEECH_LEVEL = 1_000

/** Shortest sound that is speech. A click is shorter. */
const MIN_SPEECH_MS = 50

/** Longest time between two loud samples of one sound: more than a period of the lowest voice. */
const MAX_GAP_MS = 20

/** Finds the turns of a user in audio by its loudness. Time is that of the samples, not of the clock. */
export class SpeechDetector {
  readonly #sampleRate: number
  readonly #minSpeech: number
  readonly #maxGap: number
  readonly #pause: number
  /** Number of the sample, as are all positions. */
  #position = 0
  /** First and last loud sample of the latest sound, which may be too short for speech. */
  #sound = { first: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY }
  /** First and last loud sample of the speech; undefined while nobody speaks. */
  #speech: { readonly first: number; last: number } | undefined

  /** `pauseMs` of silence end a turn. */
  constructor(sampleRate: number, pauseMs: number) {
    const count = (durationMs: number): number => (sampleRate * durationMs) / 1_000
    this.#sampleRate = sampleRate
    this.#minSpeech = count(MIN_SPEECH_MS)
    this.#maxGap = count(MAX_GAP_MS)
    this.#pause = count(pauseMs)
  }

  /** Hears signed 16-bit little-endian samples. */
  hear(pcm: Buffer): DetectedSpeech[] {
    const found: DetectedSpeech[] = []
    for (let offset = 0; offset < pcm.length; offset += 2) {
      this.#position += 1
      const isLoud = Math.abs(pcm.readInt16LE(offset)) >= SPEECH_LEVEL
      found.push(...(isLoud ? this.#hearLoud() : this.#hearSilent()))
    }
    return found
  }

  /** Ends the turn without a pause, at the end of the audio. */
  end(): DetectedSpeech[] {
    if (!this.#speech) return []
    const { first, last } = this.#speech
    this.#speech = undefined
    return [{ kind: 'speech-end', durationMs: ((last - first + 1) / this.#sampleRate) * 1_000 }]
  }

  #hearLoud(): DetectedSpeech[] {
    const isSameSound = this.#position - this.#sound.last <= this.#maxGap
    const first = isSameSound ? this.#sound.first : this.#position
    const last = this.#position
    this.#sound = { first, last }
    if (last - first + 1 < this.#minSpeech) return []
    if (this.#speech) {
      this.#speech.last = last
      return []
    }
    this.#speech = { first, last }
    return [{ kind: 'speech-start' }]
  }

  #hearSilent(): DetectedSpeech[] {
    const speech = this.#speech
    // A sound that has begun may become speech, which goes on then.
    if (!speech || this.#position - this.#sound.last <= this.#maxGap) return []
    return this.#position - speech.last >= this.#pause ? this.end() : []
  }
}
