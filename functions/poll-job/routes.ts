import { BedrockError, callerOf, jsonReply, ownerOf } from '@bedrock-functions/runtime/core'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import {
  describeJob,
  type FollowDependencies,
  findJob,
  followBedrockJob,
  listJobs,
  signOutputs,
} from '@bedrock-functions/runtime/jobs'
import { readFilters } from './read-filters.ts'

export type PollDependencies = FollowDependencies

export function createRoutes(dependencies: PollDependencies): Route[] {
  return [
    createGetRoute('/async-invoke/{invocationArn}', dependencies),
    // An ARN as it is printed, with its slash, is two segments of the path.
    createGetRoute('/async-invoke/{invocationArn}/{invocationId}', dependencies),
    createListRoute(dependencies),
  ]
}

/** `path` has the invocation in its labels, in order. */
function createGetRoute(path: string, dependencies: PollDependencies): Route {
  const { configuration, store } = dependencies
  return {
    operation: 'GetAsyncInvoke',
    method: 'GET',
    path,
    async handle({ request, labels, signal, facts }) {
      const invocationArn = Object.values(labels).join('/')
      const found = await findJob(store, configuration, ownerOf(callerOf(request, configuration)), invocationArn)
      // One answer for what is not there and for what is another's.
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
      const page = await listJobs(store, { owner, ...readFilters(request.query) })
      facts.jobs = page.jobs.length
      return jsonReply({
        asyncInvokeSummaries: page.jobs.map((job) => describeJob(job, configuration)),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      })
    },
  }
}
