import { describeInvocation, type InvocationStatus } from '../async-invoke/invocation.ts'
import { oneOf } from '../shapes/shape.ts'
import { readListQuery } from '../submissions/read-list-query.ts'
import type { Operation } from './operation.ts'

/** Source: the service model, ListAsyncInvokesRequest. */
const members = {
  statusEquals: oneOf('InProgress', 'Completed', 'Failed'),
  sortBy: oneOf('SubmissionTime'),
}

/** ListAsyncInvokes, the newest first by default. */
export const listAsyncInvokes: Operation = async ({ query, asyncInvocations }) => {
  const { entries, nextToken } = asyncInvocations.list(readListQuery<InvocationStatus>(query, members))
  return {
    body: {
      asyncInvokeSummaries: entries.map(describeInvocation),
      ...(nextToken !== undefined && { nextToken }),
    },
  }
}
