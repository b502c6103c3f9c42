import type { Bedrock } from '@bedrock-functions/runtime/bedrock'
import { BedrockError, callerOf, type JobsConfiguration, jsonReply, ownerOf } from '@bedrock-functions/runtime/core'
import type { Route } from '@bedrock-functions/runtime/http'
import { signUpload } from '@bedrock-functions/runtime/jobs/start'
import { type PlainObject, readJsonObject } from '@bedrock-functions/runtime/json'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'
import type { InputLocations } from '@bedrock-functions/runtime/pipeline/admission'
import { startInvocation } from './start-invocation.ts'
import { readStartRequest, TEXT_MEMBERS } from './start-request.ts'

export interface StartDependencies {
  /** Resolves a caller's name of a model to its id. */
  readonly resolveModelId: (modelId: string) => string
  readonly allowedModels: readonly string[]
  /** S3 objects that a job may name. */
  readonly inputLocations: InputLocations
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
    textMembers: TEXT_MEMBERS,
    async handle({ request, signal, facts }) {
      const caller = callerOf(request, dependencies.jobs)
      const { id, invocationArn } = await startInvocation(
        { request: readStartRequest(request.body), headers: request.headers, caller, signal, facts },
        dependencies,
      )
      facts.jobId = id
      // A relative URL, so that it is right for every stage and base path.
      return jsonReply({ invocationArn }, { location: `async-invoke/${encodeURIComponent(invocationArn)}` })
    },
  }
}

/** Limit of one PUT of S3, 5 GB. Bedrock reads media of up to 6 GB from S3, for Marengo. */
const MAX_UPLOAD_BYTES = 5 * 1024 ** 3

/** Creates the route POST /uploads: a presigned PUT for one object. A later request names the object by its URI. */
function createUploadRoute({ jobs, store }: StartDependencies): Route {
  return {
    operation: 'CreateUpload',
    method: 'POST',
    path: '/uploads',
    async handle({ request }) {
      const document = request.body.length === 0 ? {} : (readJsonObject(request.body).root.parse() as PlainObject)
      const ticket = await signUpload(store, ownerOf(callerOf(request, jobs)), readUpload(document))
      return jsonReply(ticket)
    },
  }
}

function readUpload({ contentType = 'application/octet-stream', contentLength }: PlainObject) {
  if (typeof contentType !== 'string' || !/^[\x21-\x7e]+\/[\x20-\x7e]{1,200}$/.test(contentType)) {
    throw new BedrockError('ValidationException', 'contentType must be a media type, e.g. video/mp4.')
  }
  if (contentLength === undefined) return { contentType }
  const isLength = typeof contentLength === 'number' && Number.isInteger(contentLength) && contentLength >= 0
  if (!isLength || contentLength > MAX_UPLOAD_BYTES) {
    throw new BedrockError('ValidationException', `contentLength must be a number of bytes up to ${MAX_UPLOAD_BYTES}.`)
  }
  return { contentType, contentLength }
}
