/** Enough of a list to try the managed one with. */
export const PROFANITY: readonly string[] = ['damn', 'bloody hell', 'bullshit', 'crap', 'asshole']
