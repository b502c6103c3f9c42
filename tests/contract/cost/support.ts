import { type Bedrock, createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import type { ModelPrice } from '../../../layers/runtime/src/models/model-row.ts'
import { createPriceBook } from '../../../layers/runtime/src/pipeline/cost/price-book.ts'
import { callBasics } from '../../support/calls.ts'

export const asOf = '2026-11-10'

/** Prices by foundation model. An id with another prefix than `global.` costs a tenth more, as for Claude. */
const PRICES: Readonly<Record<string, ModelPrice>> = {
  'global.anthropic.claude-haiku-4-5-20251001-v1:0': {
    input: 1,
    output: 5,
    cacheRead: 0.1,
    cacheWrite5m: 1.25,
    cacheWrite1h: 2,
    tiers: { flex: 0.5 },
    asOf,
  },
  'us.anthropic.claude-haiku-4-5-20251001-v1:0': { input: 1.1, output: 5.5, asOf },
  'amazon.nova-lite-v1:0': { input: 0.06, output: 0.24, asOf },
}

export const HAIKU = 'global.anthropic.claude-haiku-4-5-20251001-v1:0'
export const HAIKU_US = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
export const NOVA = 'amazon.nova-lite-v1:0'
export const UNPRICED = 'meta.llama3-3-70b-instruct-v1:0'

export const prices = createPriceBook({ findPrice: async (modelId) => PRICES[modelId] })

export function connect(endpoint: string): Bedrock {
  return createBedrock(readConfiguration({}), {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
}

export interface Asked {
  readonly modelId?: string
  readonly query?: Record<string, string>
  readonly headers?: Record<string, string>
}

export interface Answered {
  readonly headers: Readonly<Record<string, string>>
  // Tests read bodies of any shape. A wrong shape fails the assertion.
  readonly body: ReturnType<typeof JSON.parse>
  readonly facts: Call['facts']
}

/** Calls a route as `serve` does. */
export async function ask(route: Route, document: unknown, asked: Asked = {}): Promise<Answered> {
  const { modelId, query = {}, headers = {} } = asked
  const facts: Call['facts'] = {}
  const reply = await route.handle({
    request: {
      method: route.method,
      segments: [],
      query,
      headers: { 'content-type': 'application/json', ...headers },
      body: Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)),
      source: 'rest-api',
      caller: undefined,
    },
    labels: modelId === undefined ? {} : { modelId },
    ...callBasics(),
    signal: AbortSignal.timeout(20_000),
    facts,
  })
  if (!('body' in reply)) throw new Error('a stream was answered')
  return { headers: reply.headers, body: JSON.parse(Buffer.from(reply.body).toString()), facts }
}
