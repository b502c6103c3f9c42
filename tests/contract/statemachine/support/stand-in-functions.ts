import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { FunctionError, TooManyRequestsError } from '../../../../local/lambda/errors.ts'

type Document = Record<string, unknown>

export interface StandInOptions {
  readonly bedrockUrl: string
  readonly s3Url: string
  readonly bucket: string
}

/** Cost of calls and of Converse jobs: a stand-in has no prices. */
export const COST = { usd: 0.5, currency: 'USD', priceDate: '2026-11-10' }

/** Course of a stand-in job. Undefined members have their defaults. */
export interface JobCourse {
  /** Number of polls that find the job in progress. */
  readonly polls?: number
  readonly failure?: { readonly failureType?: string; readonly failureMessage: string }
  /** Answer that replaces the emulator's. */
  readonly output?: { readonly body: string; readonly contentType: string }
}

/**
 * Creates small stand-ins of the three functions, with their direct events, answers and errors as Lambda reports them.
 * `events` has the received payloads by function.
 */
export function createStandInFunctions({ bedrockUrl, s3Url, bucket }: StandInOptions) {
  const s3 = new S3Client({
    endpoint: s3Url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const events: { functionName: string; event: Document }[] = []
  const planned: { functionName: string; outcome: Error | string }[] = []
  const jobs = new Map<string, { request: Document; polls: number }>()
  let course: JobCourse = {}

  /** @param body JSON text */
  async function call(path: string, body: unknown): Promise<Document> {
    const answer = await fetch(`${bedrockUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: String(body),
    })
    const document = (await answer.json()) as Document
    if (answer.ok) return document
    // As the functions do, without the namespace that Bedrock puts behind the type.
    const [type = 'Error'] = answer.headers.get('x-amzn-errortype')?.split(':') ?? []
    throw new FunctionError(type, String(document.message))
  }

  async function invokeModel({ operation, modelId, body }: Document): Promise<unknown> {
    const path = `/model/${encodeURIComponent(String(modelId))}`
    if (operation === 'Converse') return { ...(await call(`${path}/converse`, body)), estimatedCost: COST }
    return { contentType: 'application/json', body: { ...(await call(`${path}/invoke`, body)), estimatedCost: COST } }
  }

  function startJob({ requestContext: _, ...request }: Document): unknown {
    const invocationArn = `arn:aws:bedrock:us-east-1:123456789012:async-invoke/${String(jobs.size).padStart(12, '0')}`
    jobs.set(invocationArn, { request, polls: 0 })
    return { invocationArn }
  }

  async function pollJob({ invocationArn }: Document): Promise<unknown> {
    const job = jobs.get(String(invocationArn))
    if (!job) throw new FunctionError('ValidationException', `No invocation is found for ${invocationArn}.`)
    job.polls += 1
    if (job.polls <= (course.polls ?? 0)) return { invocationArn, status: 'InProgress' }
    if (course.failure) return { invocationArn, status: 'Failed', ...course.failure }
    const Key = 'output/owner/000000000000/output.json'
    const { converse } = (job.request.input ?? {}) as { converse?: unknown }
    const { body, contentType } = course.output ?? {
      body: await runJob(job.request),
      contentType: 'application/json',
    }
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: body, ContentType: contentType }))
    return {
      invocationArn,
      status: 'Completed',
      outputs: [{ s3Uri: `s3://${bucket}/${Key}`, url: 'https://signed' }],
      ...(converse !== undefined && { estimatedCost: COST }),
    }
  }

  async function runJob({ modelId, modelInput, input }: Document): Promise<string> {
    const path = `/model/${encodeURIComponent(String(modelId))}`
    const { converse } = (input ?? {}) as { converse?: string }
    const isObject = input !== undefined && JSON.stringify(input).includes('s3Location')
    if (isObject) return JSON.stringify({ ofObject: input })
    return JSON.stringify(await (converse ? call(`${path}/converse`, converse) : call(`${path}/invoke`, modelInput)))
  }

  const functions: Record<string, (event: Document) => unknown> = {
    InvokeEventFunction: invokeModel,
    StartJobEventFunction: startJob,
    PollJobEventFunction: pollJob,
  }

  return {
    events,
    jobs,
    /** Makes the next invocation of the function fail like this. Several failures are used in order. */
    failNext: (functionName: string, error: Error = new TooManyRequestsError()) =>
      planned.push({ functionName, outcome: error }),
    /** Makes the next invocation of the function answer like this. */
    answerNext: (functionName: string, payload: string) => planned.push({ functionName, outcome: payload }),
    /** Sets the course of later jobs. */
    setCourse(next: JobCourse) {
      course = next
    },
    async invoke(functionName: string, payload: Buffer): Promise<{ payload: Buffer }> {
      const event = JSON.parse(payload.toString()) as Document
      events.push({ functionName, event })
      const next = planned.findIndex((plan) => plan.functionName === functionName)
      const [plan] = next >= 0 ? planned.splice(next, 1) : []
      if (plan?.outcome instanceof Error) throw plan.outcome
      if (plan) return { payload: Buffer.from(plan.outcome) }
      return { payload: Buffer.from(JSON.stringify(await functions[functionName]?.(event))) }
    },
    close: () => s3.destroy(),
  }
}
