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
export { ANONYMOUS, callerOf, ownerOf, readCaller, uploadsPrefix } from './identity.ts'
export { createJobId } from './job-id.ts'
export type { Defer, Facts, ModelCall, ModelOperation, Sink, StreamEnd, StreamReply, Usage } from './model-call.ts'
export { MAX_KEY_BYTES, parseS3Folder, parseS3Uri, type S3Location } from './s3-uri.ts'
