/** The template is wrong, or asks for something that the local stack does not do. Each problem names its resource. */
export class TemplateError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options: ErrorOptions = {}) {
    super(problems.join('\n'), options)
    this.name = 'TemplateError'
    this.problems = problems
  }
}
