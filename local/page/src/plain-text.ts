/** Controls but tab and line feed, and characters that override the direction of writing, which would change other text. */
const UNSAFE = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text of a stranger, to be shown as text: such characters become their code, such as `\u202e`. */
export function toPlainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSAFE, toCode)
}

function toCode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
