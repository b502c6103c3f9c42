import { BedrockError, type BedrockErrorType } from '@bedrock-functions/runtime/core'

/** Observed message of each error of Bedrock. */
const MESSAGES: Readonly<Record<BedrockErrorType, string>> = {
  AccessDeniedException: "You don't have access to the model with the specified model ID.",
  ConflictException: 'A request with this client token but other parameters has been made before.',
  InternalServerException: 'The system encountered an unexpected error during processing. Try your request again.',
  ModelErrorException: 'The system encountered an unexpected error during processing of the model.',
  ModelNotReadyException: 'Model is not ready for inference. Wait and try your request again.',
  ModelStreamErrorException: 'The model stream ended with an error.',
  ModelTimeoutException: 'Model has timed out in processing the request. Try your request again.',
  ResourceNotFoundException: 'Could not resolve the foundation model from the provided model identifier.',
  ServiceQuotaExceededException: 'Your request exceeds the service quota for your account.',
  ServiceUnavailableException: 'Bedrock is unable to process your request.',
  ThrottlingException: 'Too many requests, please wait before trying again.',
  UnknownOperationException: 'The operation is not known.',
  ValidationException: 'The request is not valid.',
}

/** Further members of errors in the service model. */
const DETAILS: Partial<Record<BedrockErrorType, (resource: string) => Readonly<Record<string, unknown>>>> = {
  ModelErrorException: (resource) => ({ originalStatusCode: 500, resourceName: resource }),
  ModelStreamErrorException: () => ({ originalStatusCode: 500, originalMessage: 'The model failed.' }),
}

/** Creates an error as Bedrock sends it; `resource` is the called model or guardrail. */
export function exampleError(type: BedrockErrorType, resource: string): BedrockError {
  return new BedrockError(type, MESSAGES[type], { details: DETAILS[type]?.(resource) ?? {} })
}
