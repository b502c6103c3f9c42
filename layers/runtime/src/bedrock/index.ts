export {
  type Bedrock,
  type BedrockReply,
  type BedrockRequest,
  type BedrockStream,
  createBedrock,
  type SendOptions,
} from './bedrock-client.ts'
export { checkModelId, foundationModelId, isModelAllowed } from './model-id.ts'
export { nameCaller } from './name-caller.ts'
export {
  OPERATIONS,
  type Operation,
  type OperationName,
  STREAM_OPERATIONS,
  type StreamOperationName,
} from './operations.ts'
export { readUsage, type Usage } from './read-usage.ts'
export { admitModel, describeWay, passedOn, retriesByItself, toBedrockRequest } from './to-bedrock-request.ts'
