/** An error of an AWS JSON service. SDKs show its name. */
export class AwsJsonError extends Error {
  readonly statusCode: number
  /** Code of the query protocol, for services that used it before. */
  readonly queryCode: string | undefined
  /** Members beside the message. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    name: string,
    message: string,
    {
      status = 400,
      queryCode,
      members = {},
    }: { status?: number; queryCode?: string; members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message)
    this.name = name
    this.statusCode = status
    this.queryCode = queryCode
    this.members = members
  }
}

export function unknownOperation(): AwsJsonError {
  return new AwsJsonError('UnknownOperationException', 'The local stack does not serve this operation')
}
