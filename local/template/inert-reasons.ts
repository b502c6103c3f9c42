/** Why it is right to leave something of a template aside, where the same holds for many properties. */

export const NO_IAM = 'the local stack has no IAM: every call between its parts is allowed'
export const NO_VERSIONS = 'local invocations always run the newest code'
export const NO_TAGS = 'tags only label what is deployed'
export const DESCRIPTION = 'only describes'
export const NO_KEYS = 'nothing is encrypted at rest on a laptop'
export const NO_TRACING = 'no X-Ray locally: every invocation arrives with Sampled=0'
export const NO_METRICS = 'no CloudWatch locally'
