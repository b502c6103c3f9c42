import '../core/index.ts'

export { describeJob } from './describe-job.ts'
export type { JobEnd, JobLease, JobRequest, JobStatus } from './documents.ts'
export { createEventSenderLoader, type FollowDependencies, followBedrockJob } from './follow-bedrock-job.ts'
export { type JobName, jobKey, openKey, PREFIXES, parseJobKey, parseOpenKey } from './layout.ts'
export { type ListOptions, listJobs } from './list-jobs.ts'
export { signOutputs } from './outputs.ts'
export { findJob, type Job, readJob } from './read-job.ts'
