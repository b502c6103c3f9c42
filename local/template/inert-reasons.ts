/** Reasons to ignore properties of a template, where one reason holds for many of them. */

export const NO_IAM = 'the local stack has no IAM: every call between its parts is allowed'
export const NO_VERSIONS = 'local invocations always run the newest code'
export const NO_TAGS = 'tags only label deployed resources'
export const DESCRIPTION = 'only describes'
export const NO_KEYS = 'nothing is encrypted at rest on a laptop'
export const NO_TRACING = 'there is no X-Ray locally: every invocation arrives with Sampled=0'
export const NO_METRICS = 'there is no CloudWatch locally'
