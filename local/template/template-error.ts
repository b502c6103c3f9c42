/** The template has an error or an unsupported part. Each problem names its resource. */
export class TemplateError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options: ErrorOptions = {}) {
    super(problems.join('\n'), options)
    this.name = 'TemplateError'
    this.problems = problems
  }
}
