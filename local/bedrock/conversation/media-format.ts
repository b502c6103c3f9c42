/** First bytes of each format, enough to detect damaged or mislabelled media. */

const SIGNATURES: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
  png: (bytes) => bytes.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n',
  jpeg: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff,
  gif: (bytes) => /^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6)),
  webp: (bytes) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP',
  // PDF readers accept other bytes before the header.
  pdf: (bytes) => bytes.subarray(0, 1_024).includes('%PDF-'),
}

/** Checks the signature; true also for formats without a known signature. */
export function hasFormat(bytes: Uint8Array, format: string): boolean {
  return SIGNATURES[format]?.(view(bytes)) ?? true
}

export interface PixelSize {
  readonly width: number
  readonly height: number
}

const SIZE_READERS: Readonly<Record<string, (bytes: Buffer) => PixelSize | undefined>> = {
  png: (bytes) => (bytes.length < 24 ? undefined : { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }),
  gif: (bytes) => (bytes.length < 10 ? undefined : { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }),
  jpeg: readJpegSize,
}

/** Reads the pixel size of a PNG, GIF or JPEG; undefined for other formats and truncated files. */
export function readPixelSize(bytes: Uint8Array, format: string): PixelSize | undefined {
  return SIZE_READERS[format]?.(view(bytes))
}

/** Counts uncompressed page objects of a PDF; undefined when there are none. */
export function countPdfPages(bytes: Uint8Array): number | undefined {
  return view(bytes)
    .toString('latin1')
    .match(/\/Type\s*\/Page(?![a-zA-Z])/g)?.length
}

/** Reads the size from the frame header among a JPEG's segments (0xff, kind, length). */
function readJpegSize(bytes: Buffer): PixelSize | undefined {
  let offset = 2
  while (offset + 9 <= bytes.length && bytes[offset] === 0xff) {
    const kind = bytes[offset + 1] ?? 0
    const isFrame = kind >= 0xc0 && kind <= 0xcf && kind !== 0xc4 && kind !== 0xc8 && kind !== 0xcc
    if (isFrame) return { height: bytes.readUInt16BE(offset + 5), width: bytes.readUInt16BE(offset + 7) }
    offset += 2 + bytes.readUInt16BE(offset + 2)
  }
  return undefined
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
