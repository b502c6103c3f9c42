import '../core/index.ts'

export { createBedrockJobs } from './bedrock-jobs.ts'
export { type FollowResult, type FollowStep, followBatch } from './follow-batch.ts'
