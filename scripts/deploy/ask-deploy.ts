import { isObject, type JsonObject } from '../../local/template/json.ts'
import { resolveParameters } from '../../local/template/parameters.ts'
import { TemplateError } from '../../local/template/template-error.ts'

/** What a deploy needs to know. */
export interface DeployAnswers {
  readonly stackName: string
  readonly region: string
  /** Parameters whose value is not the default. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Shows a question and resolves to the answer; rejects if the input has ended. */
export type Ask = (question: string) => Promise<string>

/** Source: CloudFormation API Reference, CreateStack, `StackName`. */
const STACK_NAME = /^[a-zA-Z][a-zA-Z0-9-]{0,127}$/
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/

/** Parameters that a first deploy decides about, with their questions. The others have defaults that fit. */
const QUESTIONS = {
  Auth: 'Callers authenticate with IAM or KEY',
  AllowedModels: 'Models that callers can name',
  AlarmEmail: 'E-mail address that gets the alarms, or nothing',
} as const

/**
 * Asks what a first deploy decides: the name and the Region of the stack, and three parameters. A wrong answer is asked again.
 *
 * @param declarations section Parameters of the template
 */
export async function askDeploy(ask: Ask, declarations: JsonObject, region: string): Promise<DeployAnswers> {
  const stackName = await askUntil(ask, 'Name of the stack', 'bedrock-functions', (answer) =>
    STACK_NAME.test(answer) ? undefined : 'letters, digits and hyphens, at most 128, the first one a letter',
  )
  const chosenRegion = await askUntil(ask, 'Region', region, (answer) =>
    REGION.test(answer) ? undefined : 'a Region such as us-east-1',
  )
  const parameters: Record<string, string> = {}
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const declaration = declarations[name]
    const fallback = String(isObject(declaration) ? declaration.Default : '')
    const answer = await askUntil(ask, question, fallback, (value) => refusalOf(declarations, name, value))
    if (answer !== fallback) parameters[name] = answer
  }
  return { stackName, region: chosenRegion, parameters }
}

async function askUntil(
  ask: Ask,
  question: string,
  fallback: string,
  refuse: (answer: string) => string | undefined,
): Promise<string> {
  for (let hint = ''; ; ) {
    const answer = (await ask(`${hint}${question} [${fallback}]: `)).trim() || fallback
    const refusal = refuse(answer)
    if (refusal === undefined) return answer
    hint = `${refusal}\n`
  }
}

/** Checks a value as CloudFormation does. */
function refusalOf(declarations: JsonObject, name: string, value: string): string | undefined {
  try {
    resolveParameters(declarations, { [name]: value })
    return undefined
  } catch (error) {
    if (error instanceof TemplateError) return error.problems.join('\n')
    throw error
  }
}

/** Writes the arguments of the SAM CLI. samconfig.toml has the other options; SAM shows the changes and asks once. */
export function toSamArguments({ stackName, region, parameters }: DeployAnswers): string[] {
  const overrides = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
  const options = overrides.length > 0 ? ['--parameter-overrides', ...overrides] : []
  return ['deploy', '--stack-name', stackName, '--region', region, ...options]
}
