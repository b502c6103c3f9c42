import { createHash } from 'node:crypto'
import { encodePng } from './encode-png.ts'
import { GLYPH_HEIGHT, GLYPH_WIDTH, hasPixel, toGlyphs } from './glyphs.ts'

export interface Drawing {
  readonly width: number
  readonly height: number
  /** Shown in the image. The whole text is also in its description. */
  readonly text: string
  /** Selects the colour, so that images of different seeds differ. */
  readonly seed: string
  readonly isTransparent?: boolean
}

/** Characters of a line. */
const COLUMNS = 28
/** Pixels around a glyph, before scaling. */
const GAP = 1
const ADVANCE = GLYPH_WIDTH + GAP
const LINE_HEIGHT = GLYPH_HEIGHT + 2 * GAP

const INK = [255, 255, 255]

/** Draws a text as a PNG in base64: white on a dark colour, in lines of words, cut where the image ends. */
export function drawPrompt({ width, height, text, seed, isTransparent = false }: Drawing): string {
  const scale = Math.max(1, Math.floor(width / (ADVANCE * (COLUMNS + 2))))
  const margin = ADVANCE * scale
  const rows = Math.max(1, Math.floor((height - 2 * margin) / (LINE_HEIGHT * scale)))
  const pixels = new Uint8Array(width * height)
  for (const [row, line] of wrap(toGlyphs(text), COLUMNS).slice(0, rows).entries()) {
    for (const [column, character] of [...line].entries()) {
      const left = margin + column * ADVANCE * scale
      const top = margin + row * LINE_HEIGHT * scale
      for (let y = 0; y < GLYPH_HEIGHT * scale; y++) {
        for (let x = 0; x < GLYPH_WIDTH * scale; x++) {
          const isInside = left + x < width && top + y < height
          if (isInside && hasPixel(character, Math.floor(x / scale), Math.floor(y / scale))) {
            pixels[(top + y) * width + left + x] = 1
          }
        }
      }
    }
  }
  const colours = [chooseColour(seed), INK] as const
  return encodePng({ width, height, pixels, colours, isTransparent, description: text }).toString('base64')
}

/** Splits a text into lines of at most `columns` characters, between words where possible. */
function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = ['']
  for (const word of text.split(/\s+/).flatMap((part) => part.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [])) {
    const line = lines.at(-1) ?? ''
    const joined = line === '' ? word : `${line} ${word}`
    if ([...joined].length <= columns) lines[lines.length - 1] = joined
    else lines.push(word)
  }
  return lines
}

/** Chooses a dark colour. */
function chooseColour(seed: string): readonly number[] {
  return [...createHash('sha256').update(seed).digest().subarray(0, 3)].map((value) => value >> 1)
}
