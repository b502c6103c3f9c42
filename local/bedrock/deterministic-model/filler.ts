const FILLER = 'This text is as long as the request asks for and says nothing else'.split(' ')

/** Number of words after which the filler repeats. */
export const FILLER_PERIOD = FILLER.length

/** Yields exactly `tokens` tokens, one for each word of the filler; joined they are the text. */
export function* generateFillerTokens(tokens: number): Generator<string> {
  for (let index = 0; index < tokens; index++) {
    yield `${index === 0 ? '' : ' '}${FILLER[index % FILLER_PERIOD]}`
  }
}

export function composeFiller(tokens: number): string {
  return [...generateFillerTokens(tokens)].join('')
}
