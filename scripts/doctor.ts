import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { PROFILE_PREFIXES } from '../layers/runtime/src/models/geographies.ts'
import { describeAwsError } from './describe-aws-error.ts'
import { judgeAccount } from './doctor/judge-account.ts'
import { readAccount } from './doctor/read-account.ts'
import { readRegionsWithoutUrls } from './doctor/regions-without-urls.ts'

const DEFAULT_MODEL = 'anthropic.claude-sonnet-4-6'

const USAGE = `npm run doctor -- [options]

Looks at an account before a deploy: access to a model, its profiles and quotas, Anthropic's form, concurrency of Lambda, the
logging role of API Gateway. Prints what is missing and the parameters to deploy with. It only reads, and calls no model.

  --region NAME  Region of the stack (default: AWS_REGION or AWS_DEFAULT_REGION)
  --model ID     model that callers will use (default: ${DEFAULT_MODEL})
  --help         this text

Exits with 1 if calls will not work. The AWS SDK finds the credentials. docs/iam.md has the permissions.`

/** Members of AccountFacts that AWS answers. */
const FACT_COUNT = 8

const LABELS = { ok: 'ok      ', look: 'look    ', fail: 'FAIL    ', unknown: 'unknown ' }

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      region: { type: 'string', default: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? '' },
      model: { type: 'string', default: DEFAULT_MODEL },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  if (values.region === '') throw new Error('There is no Region. Give --region NAME, or set AWS_REGION.')
  const facts = await readAccount(values.region, withoutPrefix(values.model))
  const unknown = Object.values(facts).flatMap((fact) =>
    typeof fact !== 'string' && 'unknown' in fact ? [fact.unknown] : [],
  )
  // Without credentials or a network nothing can be said about the account.
  if (unknown.length === FACT_COUNT) throw new Error(unknown[0])
  const regions = await readRegionsWithoutUrls(join(import.meta.dirname, '..', 'template.yaml'))
  const { findings, parameters } = judgeAccount(facts, regions)
  for (const { level, text } of findings) console.log(`${LABELS[level]}${text}`)
  const overrides = Object.entries(parameters).map(([name, value]) => ` ${name}=${value}`)
  console.log(
    `\nnpm run build && sam deploy --region ${facts.region}${overrides.length > 0 ? ' --parameter-overrides' : ''}${overrides.join('')}`,
  )
  if (findings.some(({ level }) => level === 'fail')) process.exitCode = 1
}

/** Id of the foundation model behind a profile: `anthropic.claude-sonnet-4-6` of `eu.anthropic.claude-sonnet-4-6`. */
function withoutPrefix(modelId: string): string {
  const prefix = PROFILE_PREFIXES.find((candidate) => modelId.startsWith(`${candidate}.`))
  return prefix === undefined ? modelId : modelId.slice(prefix.length + 1)
}

main().catch((error: unknown) => {
  console.error(describeAwsError(error))
  process.exitCode = 1
})
