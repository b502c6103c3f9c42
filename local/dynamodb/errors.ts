import { AwsJsonError } from '../events/http/aws-json-error.ts'

/** Errors of DynamoDB's actions. Source: the service model of dynamodb 2012-08-10. */
export function validationError(message: string): AwsJsonError {
  return new AwsJsonError('ValidationException', message)
}

export function tableNotFound(): AwsJsonError {
  return new AwsJsonError('ResourceNotFoundException', 'Requested resource not found')
}

/** @param item present item, where the request asks for it */
export function conditionFailed(item: object | undefined): AwsJsonError {
  const members = item ? { Item: item } : {}
  return new AwsJsonError('ConditionalCheckFailedException', 'The conditional request failed', { members })
}

/** @param failed for each item of the transaction, whether its condition was false */
export function transactionCancelled(failed: readonly boolean[]): AwsJsonError {
  const codes = failed.map((isFailed) => (isFailed ? 'ConditionalCheckFailed' : 'None'))
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`
  const CancellationReasons = codes.map((Code) =>
    Code === 'None' ? { Code } : { Code, Message: 'The conditional request failed' },
  )
  return new AwsJsonError('TransactionCanceledException', message, { members: { CancellationReasons } })
}
