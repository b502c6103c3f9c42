/** A fault in a pattern, without its path. */
export class PatternProblem extends Error {}
