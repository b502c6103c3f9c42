import { BedrockError } from '../../core/errors.ts'

/** PCM audio: signed 16-bit little-endian samples of one channel. */
export interface Pcm {
  /** Samples per second. */
  readonly sampleRateHertz: number
  readonly samples: Buffer
}

/** Sample rates that Nova Sonic accepts. Source: Nova 2's guide, sonic-input-events. */
export const SAMPLE_RATES: readonly number[] = [8_000, 16_000, 24_000]

const PCM_FORMAT = 1
/** Format of a WAV file whose real format is in its extension. Its first two bytes are that of PCM. */
const EXTENSIBLE_FORMAT = 0xfffe
const SUB_FORMAT_OFFSET = 24
const CHUNK_HEADER_BYTES = 8
const SAMPLE_BITS = 16
const SAMPLE_BYTES = 2

/**
 * Reads a WAV file: a header `RIFF`, length, `WAVE`, and then chunks of a name, a length and content.
 * Source: Multimedia Programming Interface and Data Specifications 1.0, "WAVE".
 *
 * @param where path of the file in the request, for errors
 * @throws BedrockError ValidationException for bytes that are not a WAV file with samples that Nova Sonic accepts
 */
export function readWav(bytes: Buffer, where: string): Pcm {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new BedrockError('ValidationException', `${where} is not a WAV file.`)
  }
  let format: Buffer | undefined
  for (const { name, content } of chunksOf(bytes)) {
    if (name === 'fmt ') format = content
    if (name === 'data' && format) {
      return toPcm(content, readRate(format, where), where)
    }
  }
  throw new BedrockError('ValidationException', `${where} is a WAV file without a format or without samples.`)
}

function* chunksOf(bytes: Buffer): Generator<{ readonly name: string; readonly content: Buffer }> {
  let position = 12
  while (position + CHUNK_HEADER_BYTES <= bytes.length) {
    const start = position + CHUNK_HEADER_BYTES
    // A recorder that streams its file writes a length that is too large. Then the content ends with the file.
    const length = bytes.readUInt32LE(position + 4)
    yield { name: bytes.toString('latin1', position, position + 4), content: bytes.subarray(start, start + length) }
    // Chunks begin at even offsets.
    position = start + length + (length % 2)
  }
}

function readRate(format: Buffer, where: string): number {
  if (format.length < 16) throw new BedrockError('ValidationException', `${where} is a WAV file without a format.`)
  const code = format.readUInt16LE(0)
  const isExtensible = code === EXTENSIBLE_FORMAT && format.length >= SUB_FORMAT_OFFSET + 2
  const [kind, channels, bits] = [
    isExtensible ? format.readUInt16LE(SUB_FORMAT_OFFSET) : code,
    format.readUInt16LE(2),
    format.readUInt16LE(14),
  ]
  const rate = format.readUInt32LE(4)
  if (kind === PCM_FORMAT && channels === 1 && bits === SAMPLE_BITS && SAMPLE_RATES.includes(rate)) return rate
  const found = `${kind === PCM_FORMAT ? 'PCM' : `the WAV format ${kind}`}, ${bits} bits, ${channels} channels, ${rate} Hz`
  throw new BedrockError(
    'ValidationException',
    `${where} has ${found}. It must be PCM with 16 bits, 1 channel and ${SAMPLE_RATES.join(', ')} Hz.`,
  )
}

/**
 * Makes PCM of raw samples.
 *
 * @throws BedrockError ValidationException for no samples and for half a sample
 */
export function toPcm(samples: Buffer, sampleRateHertz: number, where: string): Pcm {
  if (samples.length === 0) throw new BedrockError('ValidationException', `${where} has no samples.`)
  if (samples.length % SAMPLE_BYTES !== 0) {
    throw new BedrockError(
      'ValidationException',
      `${where} has ${samples.length} bytes, which is half a sample of 16 bits.`,
    )
  }
  return { sampleRateHertz, samples }
}

/** Makes a WAV file of samples. */
export function writeWav({ sampleRateHertz, samples }: Pcm): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(36 + samples.length, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(PCM_FORMAT, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(sampleRateHertz, 24)
  header.writeUInt32LE(sampleRateHertz * SAMPLE_BYTES, 28)
  header.writeUInt16LE(SAMPLE_BYTES, 32)
  header.writeUInt16LE(SAMPLE_BITS, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(samples.length, 40)
  return Buffer.concat([header, samples])
}

/** Returns silence. */
export function silence(sampleRateHertz: number, durationMs: number): Buffer {
  return Buffer.alloc(Math.ceil((sampleRateHertz * durationMs) / 1000) * SAMPLE_BYTES)
}
