export { awaitEnd } from './await-job.ts'
export { callerOf } from './caller-of.ts'
export { describeJob, type JobDescription } from './describe-job.ts'
export type {
  JobEnd,
  JobFailure,
  JobInput,
  JobKind,
  JobLease,
  JobRequest,
  JobStatus,
  OutboxTarget,
  OutputLocation,
  S3Location,
} from './documents.ts'
export { followBedrockJob } from './follow-bedrock-job.ts'
export { createJobId, timeOfJobId } from './job-id.ts'
export {
  type JobName,
  jobKey,
  MANIFEST_FILE,
  OUTPUT_FILE,
  openKey,
  ownerOf,
  PREFIXES,
  parseJobKey,
  parseOpenKey,
} from './layout.ts'
export { type ListOptions, listJobs } from './list-jobs.ts'
export { createObjectStore, type ObjectStore, refusalOf, type StoredObject } from './object-store.ts'
export { admitOutput, outputFolder, parseS3Uri } from './output-location.ts'
export { type JobOutput, signOutputs, signUpload, type UploadTicket, uploadsPrefix } from './outputs.ts'
export { arnOf, findJob, type Job, readDocument, readJob, readJobFile, type Versioned } from './read-job.ts'
export { type JobOrder, type StartedJob, startJob } from './start-job.ts'
