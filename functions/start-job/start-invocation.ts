import { type Facts, type ModelCall, ownerOf } from '@bedrock-functions/runtime/core'
import {
  headersOfJob,
  type JobOrder,
  type OutboxTarget,
  type OutputLocation,
  readOutputLocation,
  type StartedJob,
  startJob,
} from '@bedrock-functions/runtime/jobs/start'
import {
  applyEdits,
  hashJson,
  type JsonDocument,
  type JsonValue,
  parseObject,
  readJsonObject,
  setMember,
  sortedMembers,
} from '@bedrock-functions/runtime/json'
import { assertModelAllowed, findRules } from '@bedrock-functions/runtime/models'
import {
  ACTIVITY_HEADER,
  assertLocationsAllowed,
  readActivityChoice,
} from '@bedrock-functions/runtime/pipeline/admission'
import { readDocument, readInput } from './read-input.ts'
import type { StartDependencies } from './routes.ts'
import type { StartRequest } from './start-request.ts'

export interface Invocation {
  readonly request: StartRequest
  readonly headers: ModelCall['headers']
  /** Identity that owns the job. */
  readonly caller: string
  readonly signal: AbortSignal
  readonly facts: Facts
  /** Token that replaces the one in the request. */
  readonly clientRequestToken?: string
  readonly outbox?: OutboxTarget
}

const OUTPUT_MEMBERS = { kmsKeyId: 'kmsKeyId', bucketOwner: 'bucketOwner' }

/**
 * Starts a StartAsyncInvoke request: at Bedrock if Bedrock runs the model asynchronously, otherwise as a job of the stack.
 *
 * @throws BedrockError ValidationException, AccessDeniedException, ConflictException; RestError if Bedrock refuses it
 */
export async function startInvocation(invocation: Invocation, dependencies: StartDependencies): Promise<StartedJob> {
  const { request, headers, caller, signal, facts, outbox } = invocation
  const { resolveModelId, allowedModels, inputLocations, jobs, store, bedrock } = dependencies
  const { root, modelInput } = request
  const modelId = resolveModelId(request.modelId)
  Object.assign(facts, { modelId, ...(modelId !== request.modelId && { requestedModelId: request.modelId }) })
  assertModelAllowed(modelId, allowedModels)
  const activity = readActivityChoice(headers[ACTIVITY_HEADER])
  const output = readOutput(request, jobs)
  // readInput checks the location of an input that is an upload.
  if (modelInput)
    assertLocationsAllowed(readJsonObject(readDocument(modelInput, 'modelInput'), 'modelInput'), caller, inputLocations)
  const isRunByBedrock = request.input === undefined && findRules(modelId)?.async === true
  const { 'content-type': _, ...jobHeaders } = headersOfJob(headers)
  const order: Pick<JobOrder, 'kind' | 'input' | 'startAtBedrock'> = isRunByBedrock
    ? {
        kind: 'bedrock',
        input: new Uint8Array(),
        startAtBedrock: (jobToken, location) =>
          startAtBedrock(root, { modelId, jobToken, location, headers: jobHeaders, signal }, bedrock),
      }
    : await readInput(request, { owner: ownerOf(caller), store })
  const token = invocation.clientRequestToken ?? request.clientRequestToken
  return startJob(
    {
      ...order,
      caller,
      modelId,
      activity,
      requestHash: hashJson(JSON.stringify(Object.entries(jobHeaders).sort()), ...sortedMembers(root, [TOKEN])),
      ...(Object.keys(jobHeaders).length > 0 && { headers: jobHeaders }),
      ...(output && { output }),
      ...(token !== undefined && { clientRequestToken: token }),
      ...(outbox && { outbox }),
    },
    { store, configuration: jobs },
  )
}

const TOKEN = 'clientRequestToken'

interface BedrockStart {
  readonly modelId: string
  readonly jobToken: string
  readonly location: OutputLocation
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

async function startAtBedrock(
  root: JsonValue,
  { modelId, jobToken, location, headers, signal }: BedrockStart,
  bedrock: StartDependencies['bedrock'],
): Promise<string> {
  // Read again, since offsets must count from the first byte of the request.
  const document: JsonDocument = readJsonObject(root.bytes)
  const edits = Object.entries({
    modelId,
    [TOKEN]: jobToken,
    outputDataConfig: { s3OutputDataConfig: location },
  }).flatMap(([name, value]) => setMember(document.root, name, JSON.stringify(value)))
  const modelInput = document.root.get('modelInput')
  if (modelInput?.kind === 'string') {
    edits.push(...setMember(document.root, 'modelInput', readDocument(modelInput, 'modelInput').toString()))
  }
  const reply = await bedrock.send(
    {
      path: '/async-invoke',
      headers: { ...headers, 'content-type': 'application/json' },
      body: applyEdits(document.bytes, edits),
    },
    { signal, retry: true },
  )
  return String(parseObject(reply.body).invocationArn)
}

/** @returns undefined for the stack's bucket */
function readOutput(
  { outputDataConfig }: Pick<StartRequest, 'outputDataConfig'>,
  jobs: StartDependencies['jobs'],
): OutputLocation | undefined {
  if (outputDataConfig === undefined || outputDataConfig === null) return undefined
  return readOutputLocation(outputDataConfig, jobs, OUTPUT_MEMBERS)
}
