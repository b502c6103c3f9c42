export { type Bedrock, type BedrockReply, type BedrockRequest, createBedrock } from './bedrock-client.ts'
export { OPERATIONS, type OperationName, STREAM_OPERATIONS, type StreamOperationName } from './operations.ts'
export { readUsage } from './read-usage.ts'
export { describeWay, passedOn, retriesByItself, toBedrockRequest } from './to-bedrock-request.ts'
