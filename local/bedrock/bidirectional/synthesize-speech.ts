import { createHash } from 'node:crypto'

/** Length of the tone of one token: about the pace of fast speech. */
export const TONE_MS = 160

const AMPLITUDE = 6_000

/** Rise and fall of a tone, against clicks. */
const FADE_MS = 10

const MIN_PITCH_HZ = 120
const PITCH_RANGE_HZ = 240

/**
 * Speaks a token as a tone whose pitch depends on the token and the voice.
 *
 * @returns signed 16-bit little-endian samples of one channel, {@link TONE_MS} long
 */
export function synthesizeTone(token: string, voiceId: string, sampleRate: number): Buffer {
  const samples = (sampleRate * TONE_MS) / 1_000
  const fade = (sampleRate * FADE_MS) / 1_000
  const hash = createHash('sha256').update(voiceId).update('\n').update(token).digest()
  const pitch = MIN_PITCH_HZ + (hash.readUInt16BE(0) % PITCH_RANGE_HZ)
  const pcm = Buffer.alloc(samples * 2)
  for (let index = 0; index < samples; index++) {
    const envelope = Math.min(1, index / fade, (samples - index) / fade)
    pcm.writeInt16LE(Math.round(AMPLITUDE * envelope * Math.sin((2 * Math.PI * pitch * index) / sampleRate)), index * 2)
  }
  return pcm
}
