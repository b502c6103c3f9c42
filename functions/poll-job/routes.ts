import { BedrockError, callerOf, jsonReply, ownerOf } from '@bedrock-functions/runtime/core'
import { type Call, type Route, readListQuery } from '@bedrock-functions/runtime/http'
import {
  describeJob,
  type FollowDependencies,
  findJob,
  followBedrockJob,
  type JobStatus,
  listJobs,
  signOutputs,
} from '@bedrock-functions/runtime/jobs'

const LIST_RULES: { readonly statuses: readonly JobStatus[]; readonly sortBy: string } = {
  statuses: ['InProgress', 'Completed', 'Failed'],
  sortBy: 'SubmissionTime',
}

export type PollDependencies = FollowDependencies

export function createRoutes(dependencies: PollDependencies): Route[] {
  return [
    createGetRoute('/async-invoke/{invocationArn}', dependencies),
    // The slash of an unencoded ARN makes it two segments of the path.
    createGetRoute('/async-invoke/{invocationArn}/{invocationId}', dependencies),
    createListRoute(dependencies),
  ]
}

/** Creates a route of GetAsyncInvoke. The labels of `path`, joined by slashes, are the ARN of the invocation. */
function createGetRoute(path: string, dependencies: PollDependencies): Route {
  const { configuration, store } = dependencies
  return {
    operation: 'GetAsyncInvoke',
    method: 'GET',
    path,
    async handle({ request, labels, signal, facts }) {
      const invocationArn = Object.values(labels).join('/')
      const found = await findJob(store, configuration, ownerOf(callerOf(request, configuration)), invocationArn)
      // The same answer for a missing job and another caller's job, so that it does not reveal which jobs exist.
      if (!found) throw new BedrockError('ValidationException', `No invocation is found for ${invocationArn}.`)
      facts.jobId = found.request.id
      const job = await followBedrockJob(found, signal, dependencies)
      facts.status = job.end?.status ?? 'InProgress'
      return jsonReply({
        ...describeJob(job, configuration),
        ...(job.end?.status === 'Completed' && { outputs: await signOutputs(store, job) }),
        ...(job.end?.usage && { usage: job.end.usage }),
        ...(job.end?.estimatedCost && { estimatedCost: job.end.estimatedCost }),
      })
    },
  }
}

function createListRoute({ configuration, store }: PollDependencies): Route {
  return {
    operation: 'ListAsyncInvokes',
    method: 'GET',
    path: '/async-invoke',
    async handle({ request, facts }: Call) {
      const owner = ownerOf(callerOf(request, configuration))
      const { maxResults, ...filters } = readListQuery(request.query, LIST_RULES)
      const page = await listJobs(store, { owner, maxJobs: maxResults, ...filters })
      facts.jobs = page.jobs.length
      return jsonReply({
        asyncInvokeSummaries: page.jobs.map((job) => describeJob(job, configuration)),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      })
    },
  }
}
