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
export {
  BEDROCK_REQUEST_ID_HEADER,
  type Defer,
  type Facts,
  type ModelCall,
  type ModelOperation,
  type Sink,
  type StreamEnd,
  type StreamReply,
  type Usage,
} from './model-call.ts'
export { MAX_KEY_BYTES, parseS3Folder, parseS3Uri, type S3Location } from './s3-uri.ts'
