import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda'
import { authorize } from './authorize.ts'

/** TOKEN authorizer of API Gateway for Auth=KEY. It has no logger and no layer, so that it starts fast. */
export const handler = async (event: APIGatewayTokenAuthorizerEvent): Promise<APIGatewayAuthorizerResult> =>
  authorize(event)
