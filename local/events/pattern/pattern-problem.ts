/** What is wrong with a pattern, without the place where it is. */
export class PatternProblem extends Error {}
