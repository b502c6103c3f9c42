/** Pixels of a glyph. */
export const GLYPH_WIDTH = 3
export const GLYPH_HEIGHT = 5

/** Rows of each glyph from top to bottom, an octal digit per row, whose highest bit is the left pixel. */
const ROWS: Readonly<Record<string, string>> = {
  ...{ A: '25755', B: '65656', C: '34443', D: '65556', E: '74647', F: '74644', G: '34553', H: '55755', I: '72227' },
  ...{ J: '11152', K: '55655', L: '44447', M: '57755', N: '65555', O: '25552', P: '65644', Q: '25563', R: '65655' },
  ...{ S: '34216', T: '72222', U: '55557', V: '55522', W: '55775', X: '55255', Y: '55222', Z: '71247' },
  ...{ 0: '75557', 1: '26227', 2: '61247', 3: '61216', 4: '55711', 5: '74616', 6: '34652', 7: '71222', 8: '25252' },
  ...{ 9: '25316', ' ': '00000', '.': '00002', ',': '00024', ':': '02020', ';': '02024', '!': '22202', '?': '61202' },
  ...{ "'": '22000', '"': '55000', '-': '00700', _: '00007', '/': '11244', '+': '02720', '=': '07070', '%': '51245' },
  ...{ '(': '12221', ')': '42224', '[': '64446', ']': '31113', '<': '12421', '>': '42124', '#': '57575', '*': '52500' },
}

/** Stands for characters without a glyph. */
const BOX = '75557'

/** Tests a pixel of the glyph of a character. Letters are upper case and without accents. */
export function hasPixel(character: string, x: number, y: number): boolean {
  const rows = ROWS[character] ?? BOX
  return ((Number(rows[y]) >> (GLYPH_WIDTH - 1 - x)) & 1) === 1
}

/** Returns the text in characters that have glyphs, as far as there are any. */
export function toGlyphs(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[‘’`]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[–—]/g, '-')
    .toUpperCase()
}
