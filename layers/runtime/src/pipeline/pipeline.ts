import type { Bedrock, BedrockReply, BedrockStream, SendOptions, StreamOptions } from '../bedrock/bedrock-client.ts'
import { followDoor } from '../bedrock/follow-door.ts'
import { MODEL_OPERATIONS, PROJECT_HEADER } from '../bedrock/operations.ts'
import {
  followConverse,
  followInvokeModel,
  readUsage,
  readUsageHeaders,
  type StreamProgress,
} from '../bedrock/read-usage.ts'
import { countTries, describeAttempts, pickReplyHeaders, toBedrockRequest } from '../bedrock/to-bedrock-request.ts'
import { BedrockError, RestError, type RestReply } from '../core/errors.ts'
import { describeFailure, logger } from '../core/logging.ts'
import {
  type Defer,
  type Facts,
  isConverse,
  isDoor,
  type ModelCall,
  type StreamEnd,
  summarizeUsage,
  type Usage,
} from '../core/model-call.ts'
import { withPayload } from '../event-stream/frame-codec.ts'
import type { Frame, FrameSource } from '../event-stream/frames.ts'
import { prependMember } from '../json/edit-json.ts'
import type { JsonDocument } from '../json/json-document.ts'
import { createRefusalExplainer } from '../models/explain-refusal.ts'
import { assertModelAllowed, isModelAllowed } from '../models/model-id.ts'
import { createIdResolver, type ModelResolverOptions } from '../models/resolve-id.ts'
import type { ActivityLog } from './activity/activity-log.ts'
import type { ResponseCache } from './cache/response-cache.ts'
import type { CallerProject } from './caller-projects.ts'
import {
  completeUsage,
  costHeaders,
  type EstimatedCost,
  estimateCost,
  FREE,
  type PriceTerms,
  readPriceTerms,
} from './cost/estimate-cost.ts'
import type { PriceBook } from './cost/price-book.ts'
import { callWithFallback, hasFallback, planFallback } from './fallback/fallback.ts'
import type { FallbackChain } from './fallback/fallback-chains.ts'
import { nameCaller } from './name-caller.ts'
import { mergeReplyHeaders, REPLY_HEADERS } from './reply-headers.ts'
import { createProjectStage, findProject } from './set-project.ts'
import { type CallStage, runStages } from './stage.ts'
import type { Reservation } from './usage/budget.ts'
import type { BudgetGate } from './usage/budget-gate.ts'
import { createStreamMeter, type StreamMeter } from './usage/stream-meter.ts'
import { type CountedCall, isCounted, toEntry } from './usage/usage-entry.ts'
import type { UsageLedger } from './usage/usage-ledger.ts'

export interface PipelineOptions {
  readonly bedrock: Bedrock
  readonly allowedModels: readonly string[]
  /** Rules that resolve callers' model ids. */
  readonly models: Pick<ModelResolverOptions, 'region' | 'residency' | 'aliases'>
  /** Fallback chains of the operator. */
  readonly chains: readonly FallbackChain[]
  /** Projects of callers, as the operator maps them. */
  readonly callerProjects?: readonly CallerProject[]
  /** Stage that checks a request's content and may edit it. */
  readonly content: CallStage
  /** Stage of the stack's guardrail, if any. */
  readonly guardrail?: CallStage | undefined
  readonly prices: PriceBook
  readonly responseCache: ResponseCache
  readonly activityLog: ActivityLog
  /** Ledger of the usage of callers, if the stack has one. */
  readonly usageLedger?: UsageLedger | undefined
  /** Gate that refuses calls of callers whose budget is spent. */
  readonly budgetGate?: BudgetGate | undefined
}

export interface CallOptions {
  /** Signal that ends the call. Its reason is the error that the caller gets. */
  readonly signal: AbortSignal
  /** Milliseconds until `signal` ends the call. */
  readonly remainingMs: () => number
  /** True if failed calls are retried; false if the caller retries. */
  readonly retry: boolean
  /** Facts for log and metrics. The pipeline adds to them, also before a failure. */
  readonly facts: Facts
  readonly defer: Defer
}

export interface StreamCallOptions extends CallOptions {
  /** Longest silence of Bedrock before the first event, in milliseconds. */
  readonly silenceLimitMs: number
}

/** Limit longer than any function runs, so that only the signal ends a job's call. */
const JOB_SILENCE_LIMIT_MS = 900_000

export interface ModelAnswer {
  readonly reply: RestReply
  readonly cost: EstimatedCost
}

/** Stream whose first event has come. */
export interface ModelStream {
  readonly source: FrameSource
  readonly headers: Readonly<Record<string, string>>
  /** Observes each frame before it is passed on. */
  readonly progress: StreamProgress
  /** Returns the frame to forward, usually the frame itself. */
  readonly transform: (frame: Frame) => Frame
  /** Must be called once, at the end of the stream. */
  readonly ended: (end: StreamEnd) => void
}

/** Complete answer to a job. */
export interface JobAnswer {
  readonly body: Uint8Array
  readonly contentType: string
  readonly usage: Usage
  readonly estimatedCost: EstimatedCost
}

/** Call of a job, with the model that was resolved when the job started. */
export type JobCall = Pick<ModelCall, 'modelId' | 'headers' | 'body' | 'caller'> & {
  readonly kind: 'converse' | 'invoke'
}

export interface Pipeline {
  /** Tests whether another model is called if this one fails. */
  hasFallback(call: Pick<ModelCall, 'modelId' | 'headers'>, modelId: string): boolean
  /** True if the stack has a guardrail, which every call of a model goes through. */
  readonly hasGuardrail: boolean
  /** Finds the project of a call from its caller and its headers; undefined: the default project. */
  findProject(call: Pick<ModelCall, 'caller' | 'headers'>): string | undefined
  /**
   * Resolves the model of a call that is made later, as a job.
   *
   * @throws RestError ValidationException, AccessDeniedException
   */
  resolve(call: ModelCall, facts: Facts): Promise<ModelCall>
  /** Answers Converse and InvokeModel. Throws RestError; the signal's reason. */
  answer(call: ModelCall, options: CallOptions): Promise<ModelAnswer>
  /** Opens the stream of ConverseStream or InvokeModelWithResponseStream. Throws RestError; the signal's reason. */
  open(call: ModelCall, options: StreamCallOptions): Promise<ModelStream>
  /** Answers a job, without retries. Throws RestError; the signal's reason. */
  answerJob(call: JobCall, options: Pick<CallOptions, 'signal' | 'facts'>): Promise<JobAnswer>
}

type JobOptions = Pick<CallOptions, 'signal' | 'facts'>

/**
 * Creates the pipeline of all model calls: synchronous, streaming and of jobs. The order of its steps is: resolve, fallback,
 * budget, content, caller, project, guardrail, cache, send, cost, count.
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const {
    bedrock,
    allowedModels,
    chains,
    content,
    guardrail,
    prices,
    responseCache,
    activityLog,
    usageLedger,
    budgetGate,
    callerProjects = [],
  } = options
  const models = { ...options.models, isAllowed: (modelId: string) => isModelAllowed(modelId, allowedModels) }
  const resolveId = createIdResolver(models)
  const explainRefusal = createRefusalExplainer(models)
  const setProject = createProjectStage(callerProjects)
  const project: CallStage = (call, document, signal) =>
    callerProjects.length > 0 || mayNameProject(call, document) ? setProject(call, document, signal) : {}
  const stages = [content, nameCaller, project, ...(guardrail ? [guardrail] : [])]

  /**
   * Resolves the model. Headers of the answer name a model that differs from the caller's name, and warn of a model that
   * ends.
   */
  function resolveModel(asked: ModelCall, facts: Facts): ModelCall {
    const { modelId, warning } = resolveId(asked.modelId)
    const isChanged = modelId !== asked.modelId
    Object.assign(facts, { modelId, ...(isChanged && { requestedModelId: asked.modelId }) })
    assertModelAllowed(modelId, allowedModels)
    if (!isChanged && warning === undefined) return asked
    const replyHeaders = mergeReplyHeaders(asked.replyHeaders, {
      ...(isChanged && { [REPLY_HEADERS.model]: modelId }),
      ...(warning !== undefined && { [REPLY_HEADERS.warning]: warning }),
    })
    return { ...asked, modelId, replyHeaders }
  }

  async function resolve(asked: ModelCall, facts: Facts): Promise<ModelCall> {
    try {
      return resolveModel(asked, facts)
    } catch (error) {
      return fail(error, asked)
    }
  }

  /** Calls the model and its fallbacks in order, each after its stages, until one answers. */
  async function reachModel<Answer>(
    asked: ModelCall,
    { facts, ...options }: CallOptions & Holding,
    send: (call: ModelCall, terms: PriceTerms, retry: boolean) => Promise<Answer>,
  ): Promise<Answer> {
    const first = await resolve(asked, facts)
    const fallback = planFallback(asked, first, (call) => translateAgain(resolveModel(call, {})), chains)
    if (fallback.leftOut !== undefined) facts.fallbackLeftOut = fallback.leftOut
    const models = new Set([first, ...fallback.calls].map(({ modelId }) => modelId))
    const warning = await budgetGate?.check(asked.caller, [...models])
    const calls = [first, ...fallback.calls].map((call) => withWarning(call, warning))
    options.hold.reservation = await budgetGate?.reserve?.(asked.caller, calls)
    const note = (more: Facts) => Object.assign(facts, more)
    return callWithFallback(calls, { ...options, note }, async (planned, retry) => {
      const { call, terms } = await prepare(planned, { ...options, facts })
      return send(call, terms, retry)
    })
  }

  async function prepare(
    planned: ModelCall,
    { signal, facts }: Pick<CallOptions, 'signal' | 'facts'>,
  ): Promise<{ call: ModelCall; terms: PriceTerms }> {
    const { call, document, facts: found } = await runStages(planned, stages, signal)
    Object.assign(facts, found)
    return { call, terms: readPriceTerms(call, document) }
  }

  async function answer(
    asked: ModelCall,
    options: CallOptions & Holding,
  ): Promise<ModelAnswer & { counted: CountedCall }> {
    const { facts, signal, defer } = options
    return reachModel(asked, options, async (call, terms, retry) => {
      const cached = await responseCache.find(call)
      if (cached.state) facts.cache = cached.state
      const replyHeaders = { ...call.replyHeaders, ...cached.headers }
      if (cached.reply) {
        return { ...composeAnswer(cached.reply, FREE, replyHeaders), counted: { usd: 0, kind: 'cached' } }
      }
      const reply = await send(call, { signal, retry, onTry: countTries(facts) })
      const { keep } = cached
      if (keep) defer('ResponseCache', () => keep(reply))
      const { usage, cost } = await measure(call, terms, reply)
      Object.assign(facts, describeAttempts(reply), usage, describeCost(cost))
      return { ...composeAnswer(reply, cost, replyHeaders), counted: { usage, usd: cost.usd } }
    })
  }

  async function open(
    asked: ModelCall,
    options: StreamCallOptions & Holding,
  ): Promise<Omit<ModelStream, 'ended'> & { measure: StreamMeter['measure'] | undefined }> {
    const { facts, signal, silenceLimitMs } = options
    return reachModel(asked, options, async (call, terms, retry) => {
      const opening = openStream(call, { signal, retry, silenceLimitMs, onTry: countTries(facts) })
      prices.prepare(call.modelId)
      const opened = await opening.catch((error: unknown) => fail(error, call))
      Object.assign(facts, describeAttempts(opened))
      const progress = follow(call.operation)
      const price = await prices.find(call.modelId)
      const stated = readUsageHeaders(opened.headers)
      const meter = usageLedger && createStreamMeter(progress, { call, terms, findPrice: async () => price, stated })
      return {
        source: opened.source,
        headers: { ...pickReplyHeaders(opened.headers), ...call.replyHeaders },
        progress: meter?.progress ?? progress,
        measure: meter?.measure,
        transform: (frame) => {
          if (frame !== progress.usageFrame) return frame
          const cost = estimateCost(completeUsage({ ...stated, ...progress.usage }, terms), price)
          Object.assign(facts, describeCost(cost))
          // The cost has no place in other contracts.
          if (isDoor(call.operation)) return frame
          return withPayload(frame, prependMember(frame.payload, ESTIMATED_COST, JSON.stringify(cost)))
        },
      }
    })
  }

  /** Answers a job. Converse streams, so that no idle limit ends a long answer, unless the model cannot stream. */
  async function answerJob(
    { kind, ...job }: JobCall,
    { signal, facts, hold, onStream }: JobOptions & Holding & { onStream: (meter: StreamMeter) => void },
  ): Promise<JobAnswer> {
    await budgetGate?.check(job.caller, [job.modelId])
    hold.reservation = await budgetGate?.reserve?.(job.caller, [job])
    const base = { ...job, isShownWhole: true, replyHeaders: {} }
    if (kind === 'converse') {
      const { call, terms } = await prepare({ ...base, operation: 'ConverseStream' }, { signal, facts })
      const opening = bedrock.openStream(requestOf(call), {
        signal,
        retry: false,
        silenceLimitMs: JOB_SILENCE_LIMIT_MS,
        onTry: countTries(facts),
      })
      const opened = await opening.catch((error: unknown) => {
        if (isWithoutStreams(error)) return undefined
        return fail(error, call)
      })
      if (opened) {
        Object.assign(facts, describeAttempts(opened))
        prices.prepare(call.modelId)
        // Only jobs load this module.
        const { collectStream } = await import('../event-stream/collect-stream.ts')
        const findPrice = () => prices.find(call.modelId)
        const meter = usageLedger && createStreamMeter(followConverse(), { call, terms, findPrice, stated: {} })
        if (meter) onStream(meter)
        const body = Buffer.from(await collectStream(opened.source, signal, meter?.progress))
        return composeJobAnswer(call, terms, { headers: {}, body })
      }
    }
    const { call, terms } = await prepare(
      { ...base, operation: kind === 'converse' ? 'Converse' : 'InvokeModel' },
      { signal, facts },
    )
    const reply = await send(call, { signal, retry: false, onTry: countTries(facts) })
    Object.assign(facts, describeAttempts(reply))
    return composeJobAnswer(call, terms, reply)
  }

  function openStream(call: ModelCall, options: StreamOptions): Promise<BedrockStream> {
    const { operation, modelId } = call
    if (operation !== 'ConverseAudio') {
      return bedrock.openStream(requestOf(call), { ...options, hasEvents: isDoor(operation) })
    }
    return bedrock.openTurn({ modelId, body: call.body }, options)
  }

  async function send(call: ModelCall, options: SendOptions): Promise<BedrockReply> {
    const sending = bedrock.send(requestOf(call), options)
    prices.prepare(call.modelId)
    return sending.catch((error: unknown) => fail(error, call))
  }

  /** Throws the error of a call. The refusal of a model names other models that can be called. */
  async function fail(error: unknown, { modelId }: ModelCall): Promise<never> {
    throw await explainRefusal(error, modelId)
  }

  async function measure(
    call: ModelCall,
    terms: PriceTerms,
    reply: Pick<RestReply, 'headers' | 'body'>,
  ): Promise<Measured> {
    const usage = readUsage(call.operation, reply)
    const cost = estimateCost(completeUsage(usage, terms), await prices.find(call.modelId))
    return { usage: summarizeUsage(usage), cost }
  }

  async function composeJobAnswer(
    call: ModelCall,
    terms: PriceTerms,
    reply: Pick<RestReply, 'headers' | 'body'>,
  ): Promise<JobAnswer> {
    const { usage, cost } = await measure(call, terms, reply)
    const contentType = reply.headers['content-type'] ?? 'application/json'
    return { body: reply.body, contentType, usage, estimatedCost: cost }
  }

  /** Counts a call after its answer. */
  function count(
    asked: ModelCall,
    { facts, defer, hold }: Pick<CallOptions, 'facts' | 'defer'> & Holding,
    counted: () => CountedCall | Promise<CountedCall>,
  ): void {
    if (!usageLedger) return
    defer('UsageLedger', async () => usageLedger.record(toEntry(asked, facts, await counted(), hold.reservation)))
  }

  function countFailure(
    asked: ModelCall,
    options: Pick<CallOptions, 'facts' | 'defer'> & Holding,
    error: unknown,
  ): void {
    const { hold, facts, defer } = options
    if (isCounted(error) && facts.modelId !== undefined) count(asked, options, () => FAILED)
    else if (hold.reservation) defer('BudgetRelease', () => release(hold))
  }

  async function release({ reservation }: Hold): Promise<void> {
    if (reservation) await budgetGate?.release(reservation)
  }

  return {
    hasGuardrail: guardrail !== undefined,
    hasFallback: (call, modelId) => hasFallback(call, modelId, chains),
    findProject: (call) => findProject(call, callerProjects),
    resolve,
    async answer(asked, options) {
      const held = { ...options, hold: {} }
      const record = activityLog.begin(asked, options.facts, options.defer)
      try {
        const { reply, cost, counted } = await answer(asked, held)
        record?.answered(reply)
        count(asked, held, () => counted)
        return { reply: { ...reply, headers: { ...reply.headers, ...record?.headers } }, cost }
      } catch (error) {
        record?.failed(error)
        countFailure(asked, held, error)
        throw error
      }
    },
    async open(asked, options) {
      const held = { ...options, hold: {} }
      const record = activityLog.begin(asked, options.facts, options.defer)
      try {
        const { measure, ...stream } = await open(asked, held)
        const progress = record?.follow(stream.progress) ?? stream.progress
        const headers = { ...stream.headers, ...record?.headers }
        return {
          ...stream,
          headers,
          progress,
          ended(end) {
            record?.ended(end)
            if (measure) count(asked, held, () => measure(end))
          },
        }
      } catch (error) {
        record?.failed(error)
        countFailure(asked, held, error)
        throw error
      }
    },
    async answerJob(job, options) {
      let broken: StreamMeter | undefined
      const hold: Hold = {}
      try {
        const answered = await answerJob(job, {
          ...options,
          hold,
          onStream(meter) {
            broken = meter
          },
        })
        const { usage, estimatedCost } = answered
        await usageLedger?.record(toEntry(job, options.facts, { usage, usd: estimatedCost.usd }, hold.reservation))
        return answered
      } catch (error) {
        if (usageLedger && (broken || isCounted(error))) {
          const counted = await (broken?.measure({ ended: 'broken' }) ?? FAILED)
          await usageLedger.record(toEntry(job, options.facts, counted, hold.reservation))
        } else await release(hold).catch(reportRelease)
        throw error
      }
    },
  }
}

function withWarning(call: ModelCall, warning: string | undefined): ModelCall {
  if (warning === undefined) return call
  return { ...call, replyHeaders: mergeReplyHeaders(call.replyHeaders, { [REPLY_HEADERS.warning]: warning }) }
}

/** Reservation of a call in progress. */
interface Hold {
  reservation?: Reservation | undefined
}

interface Holding {
  readonly hold: Hold
}

/** A reservation that is not given back lasts until the end of its month. */
function reportRelease(error: unknown): void {
  logger.error('BudgetRelease failed', describeFailure(error))
}

/** Call that failed before an answer. Bedrock does not report what it charges for one. */
const FAILED: CountedCall = { usd: 0, kind: 'errors' }

/** Member with the cost, in the event with the usage of a stream, and in answers to direct events. */
export const ESTIMATED_COST = 'estimatedCost'

interface Measured {
  readonly usage: Usage
  readonly cost: EstimatedCost
}

/** Translates a call again for the model of a fallback. */
function translateAgain(call: ModelCall): ModelCall {
  if (!call.translate) return call
  const { operation, headers, body } = call.translate(call.modelId)
  if (operation === call.operation) return { ...call, headers, body }
  throw new BedrockError('ValidationException', `${call.modelId} cannot stream this call, so it is no fallback.`)
}

function follow(operation: ModelCall['operation']): StreamProgress {
  if (isDoor(operation)) return followDoor(operation)
  return isConverse(operation) ? followConverse() : followInvokeModel()
}

/** Tests whether a request may name a project, in the header of any contract or in its document. Most name none. */
function mayNameProject({ headers }: ModelCall, document: JsonDocument | undefined): boolean {
  return PROJECT_HEADER in headers || 'openai-project' in headers || !!document?.mayHaveMember('projectIdentifier')
}

function requestOf({ operation, modelId, headers, body }: ModelCall) {
  return toBedrockRequest(MODEL_OPERATIONS[operation], { labels: { modelId }, headers, body })
}

function composeAnswer(reply: RestReply, cost: EstimatedCost, replyHeaders: ModelCall['replyHeaders']): ModelAnswer {
  const headers = { ...pickReplyHeaders(reply.headers), ...costHeaders(cost), ...replyHeaders }
  return { reply: { ...reply, headers }, cost }
}

function describeCost({ usd }: EstimatedCost): Facts {
  return usd === null ? {} : { estimatedCostUsd: usd }
}

function isWithoutStreams(error: unknown): boolean {
  return error instanceof RestError && error.name === 'ValidationException' && /stream/i.test(error.message)
}
