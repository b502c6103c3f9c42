import '../core/index.ts'

export { createEventSender, type EventSender, type JobEvent } from './event-sender.ts'
export { recordJobActivity } from './job-activity.ts'
export { runJob, type WorkerDependencies, type WorkerOutcome } from './run-job.ts'
export { settleBedrockJob } from './settle-bedrock-job.ts'
export { type SweepReport, sweepJobs } from './sweep-jobs.ts'
