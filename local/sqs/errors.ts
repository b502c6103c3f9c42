import { AwsJsonError } from '../events/http/aws-json-error.ts'

/** Source: SQS API Reference, the errors of each action; the query codes are those of the service's model. */
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

export function invalidMessageContents(): AwsJsonError {
  const message = 'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | '
  return new AwsJsonError('InvalidMessageContents', `${message}#xE000 to #xFFFD | #x10000 to #x10FFFF`, {
    queryCode: 'InvalidMessageContents',
  })
}

export function invalidReceiptHandle(handle: string): AwsJsonError {
  return new AwsJsonError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not valid.`, {
    queryCode: 'ReceiptHandleIsInvalid',
  })
}

export function messageNotInFlight(): AwsJsonError {
  return new AwsJsonError('MessageNotInflight', 'The message is not in flight.', {
    queryCode: 'AWS.SimpleQueueService.MessageNotInflight',
  })
}

export function invalidAttributeName(name: string): AwsJsonError {
  return new AwsJsonError('InvalidAttributeName', `Unknown Attribute ${name}.`, { queryCode: 'InvalidAttributeName' })
}
