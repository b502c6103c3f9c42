import type { Bedrock } from '@bedrock-functions/runtime/bedrock'
import type { JobsConfiguration } from '@bedrock-functions/runtime/core'
import { BedrockError, jsonReply } from '@bedrock-functions/runtime/core'
import type { Route } from '@bedrock-functions/runtime/http'
import { callerOf, ownerOf, signUpload } from '@bedrock-functions/runtime/jobs'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'
import type { CallPipeline, LocationCheck } from '@bedrock-functions/runtime/pipeline'
import { parseDocument } from './parse-document.ts'
import { startInvocation } from './start-invocation.ts'

export interface StartDependencies {
  readonly pipeline: Pick<CallPipeline, 'resolve'>
  /** Whether a job may read what it names. */
  readonly checkLocations: LocationCheck
  readonly jobs: JobsConfiguration
  readonly bedrock: Bedrock
  readonly store: ObjectStore
}

export function createRoutes(dependencies: StartDependencies): Route[] {
  return [createStartRoute(dependencies), createUploadRoute(dependencies)]
}

function createStartRoute(dependencies: StartDependencies): Route {
  return {
    operation: 'StartAsyncInvoke',
    method: 'POST',
    path: '/async-invoke',
    async handle({ request, signal, facts }) {
      const caller = callerOf(request, dependencies.jobs)
      const { id, invocationArn } = await startInvocation(
        { document: parseDocument(request.body), headers: request.headers, caller, signal, facts },
        dependencies,
      )
      facts.jobId = id
      return jsonReply({ invocationArn })
    },
  }
}

/** Longest media that Bedrock reads from S3: a video of 6 GB, for Marengo; one PUT takes 5 GB. */
const MOST_UPLOAD_BYTES = 5 * 1024 ** 3

/** A ticket to put one object into the bucket: what is too large for a request goes there, and is then named by its URI. */
function createUploadRoute({ jobs, store }: StartDependencies): Route {
  return {
    operation: 'CreateUpload',
    method: 'POST',
    path: '/uploads',
    async handle({ request }) {
      const document = request.body.length === 0 ? {} : parseDocument(request.body)
      const ticket = await signUpload(store, ownerOf(callerOf(request, jobs)), readUpload(document))
      return jsonReply(ticket)
    },
  }
}

function readUpload({ contentType = 'application/octet-stream', contentLength }: Record<string, unknown>) {
  if (typeof contentType !== 'string' || !/^[\x21-\x7e]+\/[\x20-\x7e]{1,200}$/.test(contentType)) {
    throw new BedrockError('ValidationException', 'contentType must be a media type, e.g. video/mp4.')
  }
  if (contentLength === undefined) return { contentType }
  const isLength = typeof contentLength === 'number' && Number.isInteger(contentLength) && contentLength >= 0
  if (!isLength || contentLength > MOST_UPLOAD_BYTES) {
    throw new BedrockError('ValidationException', `contentLength must be a number of bytes up to ${MOST_UPLOAD_BYTES}.`)
  }
  return { contentType, contentLength }
}
