import { describeInvocation } from '../async-invoke/invocation.ts'
import { invocationNotFound, validationError } from '../messages.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { structure } from '../shapes/shape.ts'
import type { Operation } from './operation.ts'

/** Source: the service model, GetAsyncInvokeRequest. */
const getAsyncInvokeRequest = structure({
  invocationArn: {
    type: 'string',
    minimum: 1,
    maximum: 2_048,
    pattern: /^arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:async-invoke\/[a-z0-9]{12}$/,
  },
})

/** GetAsyncInvoke. An unknown invocation is a ValidationException: the operation has no ResourceNotFoundException. */
export const getAsyncInvoke: Operation = async ({ labels, asyncInvocations }) => {
  requireShape(labels, getAsyncInvokeRequest, describeForService)
  const { invocationArn = '' } = labels
  const invocation = asyncInvocations.find(invocationArn)
  if (!invocation) throw validationError(invocationNotFound(invocationArn))
  return { body: describeInvocation(invocation) }
}
