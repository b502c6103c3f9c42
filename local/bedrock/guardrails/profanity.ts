/** A short stand-in for the managed list. */
export const PROFANITY: readonly string[] = ['damn', 'bloody hell', 'bullshit', 'crap', 'asshole']
