import { type PixelSize, readPixelSize } from '../../conversation/media-format.ts'

/** Largest side of an image that the emulator draws. */
const MAX_SIDE = 4_096

/** Reads the size of a PNG or JPEG in base64; undefined for other data, and for an image that is too large to draw. */
export function readImageSize(base64: string): PixelSize | undefined {
  const bytes = Buffer.from(base64, 'base64')
  return ['png', 'jpeg'].map((format) => readPixelSize(bytes, format)).find((size) => size && isDrawable(size))
}

function isDrawable({ width, height }: PixelSize): boolean {
  return width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE
}
