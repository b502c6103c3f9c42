/** Fault of a batch's input. Its message is the `message` of the failed batch: it names file, line and member. */
export class BatchInputError extends Error {
  override readonly name = 'BatchInputError'
}

/** Creates the error of a line. */
export function badLine(file: string, line: number, fact: string): BatchInputError {
  return new BatchInputError(`${file}, line ${line}: ${fact}.`)
}
