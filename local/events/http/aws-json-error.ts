/** An error of an AWS JSON service; its name is what SDKs show. */
export class AwsJsonError extends Error {
  readonly statusCode: number
  /** The code of the query protocol, for services that once spoke it. */
  readonly queryCode: string | undefined

  constructor(
    name: string,
    message: string,
    { status = 400, queryCode }: { status?: number; queryCode?: string } = {},
  ) {
    super(message)
    this.name = name
    this.statusCode = status
    this.queryCode = queryCode
  }
}

export function unknownOperation(): AwsJsonError {
  return new AwsJsonError('UnknownOperationException', 'The local stack does not serve this operation')
}
