const FILLER = 'This text is as long as the request asks for and says nothing else'.split(' ')

/** After how many words the filler repeats itself. */
export const FILLER_PERIOD = FILLER.length

/** Exactly `tokens` tokens, as every word of the filler is one; joined they are the text. */
export function* eachFillerToken(tokens: number): Generator<string> {
  for (let index = 0; index < tokens; index++) {
    yield `${index === 0 ? '' : ' '}${FILLER[index % FILLER_PERIOD]}`
  }
}

export function composeFiller(tokens: number): string {
  return [...eachFillerToken(tokens)].join('')
}
