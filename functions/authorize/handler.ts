import type {
  APIGatewayAuthorizerResult,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayTokenAuthorizerEvent,
} from 'aws-lambda'
import { authorize } from './authorize.ts'

/** Authorizer of API Gateway for Auth=KEY. It has no logger and no layer, so that it starts fast. */
export const handler = async (
  event: APIGatewayTokenAuthorizerEvent | APIGatewayRequestAuthorizerEvent,
): Promise<APIGatewayAuthorizerResult> => authorize(event)
