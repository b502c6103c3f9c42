export {
  type Bedrock,
  type BedrockReply,
  type BedrockRequest,
  createBedrock,
  type SendOptions,
} from './bedrock-client.ts'
export { checkModelId, foundationModelId, isModelAllowed } from './model-id.ts'
export { BEDROCK_HEADER_PREFIX, OPERATIONS, type Operation, type OperationName } from './operations.ts'
export { readUsage, type Usage } from './read-usage.ts'
