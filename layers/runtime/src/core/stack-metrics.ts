import { Metrics } from '@aws-lambda-powertools/metrics'
import type { EmfOutput } from '@aws-lambda-powertools/metrics/types'
import type { GenAiMembers } from './gen-ai-names.ts'

/** Dimension of the metrics of a whole stack. */
const STACK: readonly string[] = ['service']

/** Metrics that exist only for the whole stack. */
const TOTALS_ONLY = new Set(['StreamErrors'])

/** Dimensions of a metric by the conventions of OpenTelemetry. */
const GEN_AI_DIMENSIONS = ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model'] as const

/** Metrics of OpenTelemetry, with the members of a call that have their values. */
const GEN_AI_TIMES = {
  'gen_ai.client.operation.duration': 'gen_ai.client.operation.duration',
  'gen_ai.client.operation.time_to_first_chunk': 'gen_ai.response.time_to_first_chunk',
} as const
const GEN_AI_TOKENS = { input: 'gen_ai.usage.input_tokens', output: 'gen_ai.usage.output_tokens' } as const

type Directive = EmfOutput['_aws']['CloudWatchMetrics'][number]

/** Metrics of Powertools that can also write a part of them without the dimensions of the call. */
export class StackMetrics extends Metrics {
  #totals: ReadonlySet<string> = new Set()

  /** Publishes the stored metrics, and these of them for the whole stack, in one document. */
  publishWithTotals(names: readonly string[]): void {
    this.#totals = new Set(names)
    this.publishStoredMetrics()
    this.#totals = new Set()
  }

  override serializeMetrics(): EmfOutput {
    const document = super.serializeMetrics()
    const [directive] = document._aws.CloudWatchMetrics
    if (!directive || this.#totals.size === 0) return document
    const { Namespace, Metrics: all } = directive
    const totals = all.filter(({ Name }) => this.#totals.has(Name))
    const ofCall = { ...directive, Metrics: all.filter(({ Name }) => !TOTALS_ONLY.has(Name)) }
    document._aws.CloudWatchMetrics = [ofCall, { Namespace, Dimensions: [[...STACK]], Metrics: totals }]
    return document
  }

  /** Writes the metrics of a call by the names of OpenTelemetry: the duration, the first chunk, and the tokens of each type. */
  publishGenAi(members: GenAiMembers): void {
    const dimensions = GEN_AI_DIMENSIONS.filter((name) => members[name] !== undefined)
    if (dimensions.length < GEN_AI_DIMENSIONS.length) return
    const shared = Object.fromEntries(dimensions.map((name) => [name, members[name]]))
    const times = Object.entries(GEN_AI_TIMES).flatMap(([name, member]) => {
      const value = members[member]
      return value === undefined ? [] : [[name, value] as const]
    })
    this.#write(
      { Dimensions: [dimensions], Metrics: times.map(([Name]) => ({ Name, Unit: 'Seconds' as const })) },
      { ...shared, ...Object.fromEntries(times) },
    )
    for (const [type, member] of Object.entries(GEN_AI_TOKENS)) {
      const count = members[member]
      if (count === undefined) continue
      const name = 'gen_ai.client.token.usage'
      this.#write(
        { Dimensions: [[...dimensions, 'gen_ai.token.type']], Metrics: [{ Name: name, Unit: 'Count' }] },
        { ...shared, 'gen_ai.token.type': type, [name]: count },
      )
    }
  }

  #write(directive: Omit<Directive, 'Namespace'>, members: Readonly<Record<string, unknown>>): void {
    const Namespace = process.env.POWERTOOLS_METRICS_NAMESPACE ?? ''
    const document = { _aws: { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace, ...directive }] }, ...members }
    // As Powertools does, past Lambda's console, which would wrap the document.
    process.stdout.write(`${JSON.stringify(document)}\n`)
  }
}
