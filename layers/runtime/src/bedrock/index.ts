import '../core/index.ts'

export { type Bedrock, type BedrockReply, type BedrockRequest, createBedrock } from './bedrock-client.ts'
export {
  MODEL_OPERATIONS,
  OPERATIONS,
  type OperationName,
  SPEECH_OPERATIONS,
  STREAM_OPERATIONS,
  type StreamOperationName,
} from './operations.ts'
export {
  clientRetries,
  countTries,
  describeAttempts,
  pickBedrockHeaders,
  pickReplyHeaders,
  toBedrockRequest,
} from './to-bedrock-request.ts'
