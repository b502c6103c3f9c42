import { passedOn } from '@bedrock-functions/runtime/bedrock'
import { BedrockError } from '@bedrock-functions/runtime/core'
import type { Call } from '@bedrock-functions/runtime/http'
import {
  type JobOrder,
  type OutboxTarget,
  type OutputLocation,
  ownerOf,
  type StartedJob,
  startJob,
} from '@bedrock-functions/runtime/jobs'
import { foundationModelId } from '@bedrock-functions/runtime/models'
import { ACTIVITY_HEADER, AUTO_CACHE_HEADER, readActivityWish } from '@bedrock-functions/runtime/pipeline'
import { readInput } from './read-input.ts'
import { readOutput } from './read-output.ts'
import type { StartDependencies } from './routes.ts'

export interface Invocation {
  /** The request as StartAsyncInvoke has it. */
  readonly document: Record<string, unknown>
  readonly headers: Readonly<Record<string, string>>
  /** Identity of who asks. */
  readonly caller: string
  readonly signal: AbortSignal
  readonly facts: Call['facts']
  readonly outbox?: OutboxTarget
}

/** Models of which Bedrock runs invocations asynchronously itself, by the beginning of their ids. */
const RUN_BY_BEDROCK = [
  'amazon.nova-2-multimodal-embeddings-',
  'amazon.nova-reel-',
  'luma.ray-',
  'twelvelabs.marengo-embed-',
]

/**
 * Starts what a StartAsyncInvoke request asks for: at Bedrock where it can run that itself, as a job of ours otherwise.
 *
 * @throws BedrockError ValidationException, AccessDeniedException, ConflictException; RestError as Bedrock refuses it
 */
export async function startInvocation(invocation: Invocation, dependencies: StartDependencies): Promise<StartedJob> {
  const { document, headers, caller, signal, facts, outbox } = invocation
  const { pipeline, jobs, store, bedrock } = dependencies
  const { clientRequestToken, ...request } = document
  const { modelId } = await pipeline.resolve({
    operation: 'InvokeModel',
    modelId: readModelId(document.modelId),
    headers,
    body: new Uint8Array(),
    caller,
    replyHeaders: {},
    facts,
  })
  facts.modelId = modelId
  const activity = readActivityWish(headers[ACTIVITY_HEADER])
  const token = readToken(clientRequestToken)
  checkTags(document.tags)
  const output = readOutput(document.outputDataConfig, jobs)
  // An input that is an upload as a whole is looked for by readInput.
  if (document.modelInput !== undefined) await dependencies.checkLocations(document.modelInput, caller)
  const isRunByBedrock =
    document.input === undefined && RUN_BY_BEDROCK.some((start) => foundationModelId(modelId).startsWith(start))
  const order: Pick<JobOrder, 'kind' | 'input' | 'startAtBedrock'> = isRunByBedrock
    ? {
        kind: 'bedrock',
        input: new Uint8Array(),
        startAtBedrock: (jobToken, location) =>
          startAtBedrock({ ...request, modelId }, { jobToken, location, headers, signal }, bedrock),
      }
    : await readInput(document, { owner: ownerOf(caller), store })
  const bedrockHeaders = headersForModel(headers)
  return startJob(
    {
      ...order,
      caller,
      modelId,
      activity,
      identity: { request, headers: bedrockHeaders },
      ...(Object.keys(bedrockHeaders).length > 0 && { headers: bedrockHeaders }),
      ...(output && { output }),
      ...(token !== undefined && { clientRequestToken: token }),
      ...(outbox && { outbox }),
    },
    { store, configuration: jobs },
  )
}

/** A guardrail's, a service tier's and their like; the media types are those of the request for a job. */
function headersForModel(headers: Invocation['headers']): Record<string, string> {
  const { 'content-type': _, accept: __, ...others } = passedOn(headers)
  const autoCache = headers[AUTO_CACHE_HEADER]
  return { ...others, ...(autoCache !== undefined && { [AUTO_CACHE_HEADER]: autoCache }) }
}

async function startAtBedrock(
  request: Readonly<Record<string, unknown>>,
  {
    jobToken,
    location,
    headers,
    signal,
  }: Pick<Invocation, 'headers' | 'signal'> & {
    jobToken: string
    location: OutputLocation
  },
  bedrock: StartDependencies['bedrock'],
): Promise<string> {
  const document = {
    ...request,
    clientRequestToken: jobToken,
    outputDataConfig: { s3OutputDataConfig: location },
  }
  const reply = await bedrock.send(
    {
      path: '/async-invoke',
      headers: { ...headersForModel(headers), 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(document)),
    },
    { signal, retry: true },
  )
  const { invocationArn } = JSON.parse(Buffer.from(reply.body).toString()) as { invocationArn: string }
  return invocationArn
}

function readModelId(modelId: unknown): string {
  if (typeof modelId === 'string' && modelId !== '') return modelId
  throw new BedrockError('ValidationException', 'modelId is missing: it must be the id or ARN of a model or profile.')
}

function readToken(token: unknown): string | undefined {
  if (token === undefined || token === null) return undefined
  if (typeof token === 'string' && /^[!-~]{1,256}$/.test(token)) return token
  throw new BedrockError('ValidationException', 'clientRequestToken must be 1 to 256 printable ASCII characters.')
}

const MOST_TAGS = 200

function checkTags(tags: unknown): void {
  if (tags === undefined || tags === null) return
  const isTag = (tag: unknown): boolean => {
    const { key, value } = (tag ?? {}) as { key?: unknown; value?: unknown }
    return isTagText(key, 1, 128) && isTagText(value, 0, 256)
  }
  if (Array.isArray(tags) && tags.length <= MOST_TAGS && tags.every(isTag)) return
  throw new BedrockError(
    'ValidationException',
    `tags must be at most ${MOST_TAGS} of the form {"key", "value"}, with keys of 1 to 128 and values of up to 256 characters.`,
  )
}

function isTagText(text: unknown, least: number, most: number): boolean {
  return (
    typeof text === 'string' && text.length >= least && text.length <= most && /^[a-zA-Z0-9\s._:/=+@-]*$/.test(text)
  )
}
