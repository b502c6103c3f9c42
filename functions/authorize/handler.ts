import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda'
import { authorize } from './authorize.ts'

/** API Gateway's TOKEN authorizer of Auth=KEY. No logger and no layer: it has nothing to say and must start fast. */
export const handler = async (event: APIGatewayTokenAuthorizerEvent): Promise<APIGatewayAuthorizerResult> =>
  authorize(event)
