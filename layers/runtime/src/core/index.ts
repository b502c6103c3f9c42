export {
  type Configuration,
  type JobsConfiguration,
  readConfiguration,
  readJobsConfiguration,
  requireJobs,
} from './configuration.ts'
export {
  BEDROCK_ERROR_STATUS,
  BedrockError,
  type BedrockErrorType,
  errorReply,
  isBedrockErrorType,
  jsonReply,
  RestError,
  type RestReply,
} from './errors.ts'
export { readCaller } from './identity.ts'
export { createJobId } from './job-id.ts'
export type { ModelCall } from './model-call.ts'
