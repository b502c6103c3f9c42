import type { ModelCall } from '../../core/model-call.ts'
import { asObject, isObject, parseObject, toBuffer } from '../../json/json-document.ts'
import { findModel } from '../../models/list-models.ts'
import { isPrompt } from '../../models/model-rules.ts'
import type { PriceBook } from '../cost/price-book.ts'

/** Tokens beyond those of the body: what Bedrock adds for tools and roles. */
const ADDED_TOKENS = 1000
/** Largest number of tokens of an image, whose file can be small. */
const TOKENS_PER_IMAGE = 2000
/** Members of content whose tokens do not follow from the size of the body. */
const UNBOUNDED = ['"s3Location"', '"s3Uri"', '"document"', '"video"', '"audio"', '"url"', '"file_data"', '"base64"']
const IMAGES = ['"image"', '"images"', '"image_url"', '"inputImage"', '"input_image"']

/** Members that limit the answer, in all contracts. */
const LIMITS = [
  'maxTokens',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'max_new_tokens',
  'max_gen_len',
  'maxTokenCount',
]

/**
 * Returns the highest cost of a call in US dollars, before it is made: each byte of the request as a token, and an answer of the
 * limit that the request gives, or else of the model's own limit.
 *
 * @returns undefined if the price or a limit is not known
 */
export async function highestCost(
  { modelId, body, headers }: Pick<ModelCall, 'modelId' | 'body' | 'headers'>,
  prices: Pick<PriceBook, 'find'>,
): Promise<number | undefined> {
  const [price, model] = await Promise.all([prices.find(modelId), findModel(modelId)])
  const bytes = toBuffer(body)
  const input = countInput(modelId, bytes, model?.contextTokens ?? undefined)
  if (!price || input === undefined) return undefined
  const { cacheWrite5m = 0, cacheWrite1h = 0, inputSpeech = 0, outputSpeech = 0 } = price
  const outputPrice = Math.max(price.output, outputSpeech)
  const output = readLimit(bytes) ?? model?.maxOutputTokens ?? undefined
  if (outputPrice > 0 && output === undefined) return undefined
  const inputPrice = Math.max(price.input, cacheWrite5m, cacheWrite1h, inputSpeech)
  const usd = (input * inputPrice + (output ?? 0) * outputPrice) / 1e6
  const asksForTier = bytes.includes('"serviceTier"') || bytes.includes('"service_tier"') || TIER_HEADER in headers
  // Rounded up, to the precision of costs.
  return Math.ceil(usd * (asksForTier ? Math.max(1, ...Object.values(price.tiers ?? {})) : 1) * 1e10) / 1e10
}

const TIER_HEADER = 'x-amzn-bedrock-service-tier'

function countInput(modelId: string, bytes: Buffer, contextTokens: number | undefined): number | undefined {
  if (isPrompt(modelId) || UNBOUNDED.some((name) => bytes.includes(name))) return contextTokens
  const images = IMAGES.reduce((sum, name) => sum + countOf(name, bytes), 0)
  const bound = bytes.length + ADDED_TOKENS + images * TOKENS_PER_IMAGE
  return Math.min(bound, contextTokens ?? bound)
}

function countOf(name: string, bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + name.length)) count += 1
  return count
}

/** Reads the largest limit of the answer in a body. */
function readLimit(bytes: Buffer): number | undefined {
  const body = parseObject(bytes)
  const places = [
    body,
    body.inferenceConfig,
    body.textGenerationConfig,
    body.additionalModelRequestFields,
    asObject(body.additionalModelRequestFields).inferenceConfig,
  ].filter(isObject)
  const values = places
    .flatMap((place) => LIMITS.map((name) => place[name]))
    .filter((value) => typeof value === 'number')
  return values.length > 0 ? Math.max(...values) : undefined
}
