import { reachablePrefixes } from '../../layers/runtime/src/models/geographies.ts'
import type { AccountFacts, Fact, Quota } from './account-facts.ts'

export interface Finding {
  /** `fail`: calls will not work. `look`: they work, but something is to be known. `unknown`: the request was refused. */
  readonly level: 'ok' | 'look' | 'fail' | 'unknown'
  readonly text: string
}

export interface Judgement {
  readonly findings: readonly Finding[]
  /** Parameters of the template for this account that differ from their defaults. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Concurrency that Lambda always leaves without a reservation. */
const MIN_UNRESERVED = 100
/** Concurrency below which an account is one of the new ones, which Lambda limits to 10. */
const MIN_CONCURRENCY = 100

/** Default of the parameter DefaultModelId. */
const STACK_DEFAULT = 'global.anthropic.claude-sonnet-4-6'

/** Judges an account. `withoutFunctionUrls` are the Regions in which the template makes no function URL. */
export function judgeAccount(facts: AccountFacts, withoutFunctionUrls: readonly string[]): Judgement {
  const parameters: Record<string, string> = {}
  const findings = [
    ...judgeModel(facts, parameters),
    ...judgeFact('model access', facts.access, (access) =>
      access.authorization === 'AUTHORIZED' && access.agreement === 'AVAILABLE' && access.entitlement === 'AVAILABLE'
        ? ok(`the account has access to ${facts.modelId}`)
        : fail(
            `no access to ${facts.modelId}: agreement ${access.agreement}, authorization ${access.authorization}, entitlement ${access.entitlement}. Someone with aws-marketplace:Subscribe accepts the model's agreement, or calls it once`,
          ),
    ),
    ...(facts.modelId.startsWith('anthropic.') ? judgeFact("Anthropic's form", facts.useCase, judgeUseCase) : []),
    ...judgeFact('quotas of Bedrock', facts.quotas, (quotas) => judgeQuotas(quotas, facts)),
    ...judgeFact('concurrency of Lambda', facts.concurrency, ({ limit, unreserved }) => {
      if (limit < MIN_CONCURRENCY) {
        return look(
          `Lambda runs at most ${limit} invocations at once. Streams are long: ask for more ("Concurrent executions"). Leave ReservedConcurrency and JobConcurrency at 0`,
        )
      }
      const spare = Math.max(0, unreserved - MIN_UNRESERVED)
      return ok(`Lambda runs at most ${limit} invocations at once; JobConcurrency can be up to ${spare}`)
    }),
    ...judgeFact('logging role of API Gateway', facts.loggingRole, (role) => {
      if (role === undefined) return look('API Gateway has no role for logs: leave AccessLogs at false')
      parameters.AccessLogs = 'true'
      return ok(`API Gateway writes logs as ${role}: AccessLogs can be true`)
    }),
    ...judgeFact('logging of Bedrock', facts.invocationLogging, (on) =>
      on
        ? look('Bedrock itself logs prompts and answers in this Region (model invocation logging)')
        : ok('Bedrock itself logs no prompts and answers'),
    ),
    withoutFunctionUrls.includes(facts.region)
      ? look(`${facts.region} has no function URLs: streams go through the API`)
      : ok(`${facts.region} has function URLs`),
  ]
  return { findings, parameters }
}

const ok = (text: string): Finding => ({ level: 'ok', text })
const look = (text: string): Finding => ({ level: 'look', text })
const fail = (text: string): Finding => ({ level: 'fail', text })

function judgeFact<Value>(
  name: string,
  fact: Fact<Value>,
  judge: (value: Value) => Finding | readonly Finding[],
): readonly Finding[] {
  return 'unknown' in fact ? [{ level: 'unknown', text: `${name}: ${fact.unknown}` }] : [judge(fact.value)].flat()
}

function judgeUseCase(sent: boolean): Finding {
  return sent
    ? ok("the account has sent Anthropic's form about its use case")
    : fail(
        "Anthropic's form about the use case is not sent. Send it once for the account, in the console of Bedrock (model catalogue) or by PutUseCaseForModelAccess",
      )
}

/** Finding for the model and its profiles in the Region. Sets the parameters that choose a profile. */
function judgeModel({ region, modelId, profileIds, modelName }: AccountFacts, parameters: Record<string, string>) {
  return judgeFact('models and profiles', profileIds, (ids) => {
    const prefixes = reachablePrefixes(region, 'global')
    const reachable = prefixes.filter((prefix) => ids.includes(`${prefix}.${modelId}`))
    const [best] = reachable
    if (best === undefined) {
      if ('value' in modelName && modelName.value !== undefined) {
        parameters.DefaultModelId = modelId
        return ok(`${modelId} is in ${region}, without an inference profile`)
      }
      return fail(`${region} has neither ${modelId} nor a profile of it. Choose another Region, or --model ID`)
    }
    if (best !== 'global') parameters.DataResidency = 'GEOGRAPHY'
    if (`${best}.${modelId}` !== STACK_DEFAULT) parameters.DefaultModelId = `${best}.${modelId}`
    return ok(`profiles of ${modelId} in ${region}: ${reachable.map((prefix) => `${prefix}.`).join(', ')}`)
  })
}

/** Findings for the quotas per minute and day whose name contains the name of the model. */
function judgeQuotas(quotas: readonly Quota[], { modelName, modelId }: AccountFacts): readonly Finding[] {
  const name = 'value' in modelName ? modelName.value : undefined
  const own = name === undefined ? [] : quotas.filter((quota) => isQuotaOf(quota.name, name))
  if (own.length === 0) return [look(`Service Quotas has no quota with the name of ${name ?? modelId}`)]
  return own.map((quota) =>
    quota.value > 0 ? ok(`${quota.name}: ${quota.value}`) : fail(`${quota.name}: 0. Ask AWS Support for a quota`),
  )
}

/** True for `… per minute for Anthropic Claude Sonnet 4.6` and `… 4.6 V1`, and false for `… Sonnet 4.65`. */
function isQuotaOf(quota: string, modelName: string): boolean {
  const at = quota.toLowerCase().indexOf(modelName.toLowerCase())
  return at >= 0 && !/^[\w.]/.test(quota.slice(at + modelName.length)) && / per (minute|day)/.test(quota)
}
