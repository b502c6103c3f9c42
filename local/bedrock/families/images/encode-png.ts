import { crc32, deflateSync } from 'node:zlib'

/** Picture of two colours, one byte per pixel: 0 is the first colour, 1 the second. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
  /** Red, green and blue of each colour, 0 to 255. */
  readonly colours: readonly [readonly number[], readonly number[]]
  /** True if the first colour is transparent. */
  readonly isTransparent: boolean
  /** Text that the file has as its description. */
  readonly description: string
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** Encodes a PNG with a palette and one bit per pixel. Source: PNG specification (ISO/IEC 15948), clauses 7 and 11. */
export function encodePng({ width, height, pixels, colours, isTransparent, description }: Picture): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // One bit per pixel, colour type "palette".
  header.set([1, 3], 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(colours.flat())),
    ...(isTransparent ? [chunk('tRNS', Buffer.from([0]))] : []),
    chunk('iTXt', Buffer.from(`Description\0\0\0\0\0${description}`)),
    chunk('IDAT', deflateSync(packRows(width, height, pixels))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Packs eight pixels into a byte. Each row begins with the number of its filter, 0 for none. */
function packRows(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const rowBytes = 1 + Math.ceil(width / 8)
  const packed = new Uint8Array(rowBytes * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const index = y * rowBytes + 1 + (x >> 3)
      if (pixels[y * width + x]) packed[index] = (packed[index] ?? 0) | (0x80 >> (x & 7))
    }
  }
  return packed
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(content), 4)
  return Buffer.concat([frame.subarray(0, 4), content, frame.subarray(4)])
}
