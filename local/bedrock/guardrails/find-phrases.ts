/** Returns the phrases that any of the texts contains; ignores case. */
export function findPhrases(phrases: readonly string[], texts: readonly string[]): string[] {
  if (phrases.length === 0) return []
  const lower = texts.map((text) => text.toLowerCase())
  return phrases.filter((phrase) => lower.some((text) => text.includes(phrase.toLowerCase())))
}

/** Returns the words that any of the texts contains as whole words; in scripts without spaces also within words. */
export function findWords(words: readonly string[], texts: readonly string[]): string[] {
  return findPhrases(words, texts).filter((word) => {
    const pattern = new RegExp(
      `${border('<!', word.at(0))}${word.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')}${border('!', word.at(-1))}`,
      'i',
    )
    return texts.some((text) => pattern.test(text))
  })
}

function border(kind: '<!' | '!', edge: string | undefined): string {
  return /[a-z0-9]/i.test(edge ?? '') ? `(?${kind}[a-z0-9])` : ''
}
