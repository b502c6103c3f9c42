/** Longest time of an execution of an Express workflow. Source: Step Functions quotas. */
export const MAX_EXPRESS_MS = 5 * 60_000

/** Longest time of an execution of a Standard workflow, one year. Source: Step Functions quotas. */
export const MAX_STANDARD_MS = 365 * 24 * 60 * 60_000
