import { AwsJsonError } from '../events/http/aws-json-error.ts'

/** Errors of SQS actions. Source: SQS API Reference; the query codes are those of the service's model. */
export function queueDoesNotExist(): AwsJsonError {
  return new AwsJsonError('QueueDoesNotExist', 'The specified queue does not exist.', {
    queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
  })
}

export function missingParameter(name: string): AwsJsonError {
  const message = `The request must contain the parameter ${name}.`
  return new AwsJsonError('MissingParameter', message, { queryCode: 'MissingParameter' })
}

export function invalidParameter(message: string): AwsJsonError {
  return new AwsJsonError('InvalidParameterValueException', message, { queryCode: 'InvalidParameterValue' })
}

export function invalidReceiptHandle(handle: string): AwsJsonError {
  return new AwsJsonError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not valid.`, {
    queryCode: 'ReceiptHandleIsInvalid',
  })
}

export function invalidAttributeName(name: string): AwsJsonError {
  return new AwsJsonError('InvalidAttributeName', `Unknown Attribute ${name}.`, { queryCode: 'InvalidAttributeName' })
}
