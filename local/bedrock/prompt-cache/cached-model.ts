import { createHash } from 'node:crypto'
import { findRules } from '@bedrock-functions/runtime/models'
import { countInputTokens } from '../conversation/count-tokens.ts'
import { stripDirectives } from '../conversation/strip-directives.ts'
import type { AnswerEvent, AnswerEvents, ConversationRequest, TokenUsage, Turn } from '../conversation/types.ts'
import { hashRequest } from '../deterministic-model/hash-request.ts'
import type { Model } from '../models/resolve-model.ts'
import type { OperationCall } from '../operations/operation.ts'
import type { CachePoint } from './cache-points.ts'
import type { CachedPrefix, CacheUse } from './prompt-cache.ts'

/**
 * Returns the call with a model that reads the prefixes up to `points` from the cache, or writes them. Only the usage of the
 * answer changes. Input that does not reach the model, such as blocked input, is not cached.
 */
export function withPromptCache(call: OperationCall, model: Model, points: readonly CachePoint[]): OperationCall {
  if (points.length === 0) return call
  const minimum = minimumCachedTokens(model)
  const prefixes = points.map(measure).filter(({ tokens }) => tokens >= minimum)
  const use = () => call.promptCache.use(describeScope(call, model), prefixes)
  const behind = call.model
  return {
    ...call,
    model: {
      async answer(request, directives, signal) {
        const answer = await behind.answer(request, directives, signal)
        return { ...answer, usage: separateCachedTokens(answer.usage, use()) }
      },
      async stream(request, directives, signal) {
        return shareEvents(await behind.stream(request, directives, signal), use())
      },
    },
  }
}

/** Smallest cached prefix; Infinity without a cache. An account's own resource may be any model: it gets the most common one. */
function minimumCachedTokens({ baseId }: Model): number {
  return baseId === undefined ? 1_024 : (findRules(baseId)?.minimumCacheTokens ?? Number.POSITIVE_INFINITY)
}

function measure({ ttl, prefix }: CachePoint): CachedPrefix {
  const request: ConversationRequest = stripDirectives({
    ...prefix,
    turns: prefix.turns.map(removeCachePoints),
    toolChoice: { kind: 'auto' },
    parameters: { stopSequences: [], reasoning: false },
  })
  return { ttl, hash: hashRequest(request).toString('hex'), tokens: countInputTokens(request) }
}

/** Removes the cache points, which do not change the text of a conversation. */
function removeCachePoints({ blocks, ...turn }: Turn): Turn {
  return { ...turn, blocks: blocks.filter(({ kind }) => kind !== 'cachePoint') }
}

/** Identifies the caller by the hash of the access key, bearer token or API key. */
function describeScope({ headers }: OperationCall, { baseId, requestedId }: Model): string {
  const { authorization = headers['x-api-key'] ?? '' } = headers
  const [, key] = /Credential=([^/,]+)/.exec(authorization) ?? []
  const caller = createHash('sha256')
    .update(key ?? authorization)
    .digest('hex')
  return `${caller} ${baseId ?? requestedId}`
}

/** Moves cached tokens out of the input tokens, down to 0, because a server may count differently. */
function separateCachedTokens(usage: TokenUsage, cached: CacheUse): TokenUsage {
  const { cacheReadTokens, cacheWriteTokens, cacheWritten } = describe(cached)
  const inputTokens = Math.max(0, usage.inputTokens - cacheReadTokens - cacheWriteTokens)
  return { ...usage, inputTokens, cacheReadTokens, cacheWriteTokens, cacheWritten }
}

function describe({ read, written }: CacheUse): Required<Omit<TokenUsage, 'inputTokens' | 'outputTokens'>> {
  return { cacheReadTokens: read, cacheWriteTokens: written['5m'] + written['1h'], cacheWritten: written }
}

async function* shareEvents(events: AnswerEvents, cached: CacheUse): AsyncGenerator<AnswerEvent> {
  for await (const event of events) {
    if (event.kind === 'answer-start') {
      const taken = { ...describe(cached), outputTokens: 0 }
      const { inputTokens } = separateCachedTokens({ ...taken, inputTokens: event.inputTokens }, cached)
      yield { ...event, inputTokens, cached: describe(cached) }
    } else if (event.kind === 'answer-stop') yield { ...event, usage: separateCachedTokens(event.usage, cached) }
    else yield event
  }
}
