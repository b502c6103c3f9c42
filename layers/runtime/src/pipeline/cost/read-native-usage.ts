import { asDocument, type DetailedUsage, type Document, known, pickCount } from './detailed-usage.ts'

/**
 * What a native answer, or Claude's `message_start`, says that the call used; by the members that are there, since a
 * model's id does not always tell its family. Nothing for families that leave it to Bedrock's headers.
 *
 * Sources: Anthropic's Messages API; Amazon Nova's and Titan's schemas; Meta Llama's; OpenAI's chat completions.
 */
export function readNativeUsage(answer: Document): DetailedUsage {
  const usage = asDocument(answer.usage)
  if ('input_tokens' in usage) return readClaude(usage)
  if ('inputTokens' in usage) return readNova(usage)
  if ('prompt_tokens' in usage) return readOpenAi(usage)
  return readCounts(answer)
}

function readClaude(usage: Document): DetailedUsage {
  const creation = asDocument(usage.cache_creation)
  return known({
    inputTokens: pickCount(usage, 'input_tokens'),
    outputTokens: pickCount(usage, 'output_tokens'),
    cacheReadInputTokens: pickCount(usage, 'cache_read_input_tokens'),
    cacheWriteInputTokens: pickCount(usage, 'cache_creation_input_tokens'),
    cacheWrite5mInputTokens: pickCount(creation, 'ephemeral_5m_input_tokens'),
    cacheWrite1hInputTokens: pickCount(creation, 'ephemeral_1h_input_tokens'),
  })
}

function readNova(usage: Document): DetailedUsage {
  return known({
    inputTokens: pickCount(usage, 'inputTokens'),
    outputTokens: pickCount(usage, 'outputTokens'),
    cacheReadInputTokens: pickCount(usage, 'cacheReadInputTokenCount', 'cacheReadInputTokens'),
    cacheWriteInputTokens: pickCount(usage, 'cacheWriteInputTokenCount', 'cacheWriteInputTokens'),
  })
}

/** Here cached tokens are among the prompt's. */
function readOpenAi(usage: Document): DetailedUsage {
  const prompt = pickCount(usage, 'prompt_tokens')
  const cached = pickCount(asDocument(usage.prompt_tokens_details), 'cached_tokens')
  return known({
    inputTokens: prompt === undefined ? undefined : Math.max(0, prompt - (cached ?? 0)),
    outputTokens: pickCount(usage, 'completion_tokens'),
    cacheReadInputTokens: cached,
  })
}

/** Llama, Titan and the embeddings say it beside the answer; embeddings have no output tokens, and none is said. */
function readCounts(answer: Document): DetailedUsage {
  const results = Array.isArray(answer.results) ? answer.results.map(asDocument) : []
  const generated = results.map((result) => pickCount(result, 'tokenCount') ?? 0)
  return known({
    inputTokens: pickCount(answer, 'prompt_token_count', 'inputTextTokenCount', 'inputTokenCount'),
    outputTokens:
      generated.length > 0
        ? generated.reduce((sum, count) => sum + count)
        : pickCount(answer, 'generation_token_count'),
  })
}
