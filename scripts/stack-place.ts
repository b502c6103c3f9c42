import { DEFAULT_PORT } from '../local/ports.ts'
import { REQUEST_HANDLER } from './describe-aws-error.ts'

/** Stack that a command works on. */
export type StackPlace =
  | { readonly kind: 'local'; readonly port: number }
  | { readonly kind: 'stack'; readonly stack: string; readonly region: string | undefined }

/** Options that name the stack, for `parseArgs`. */
export const PLACE_OPTIONS = {
  local: { type: 'boolean', default: false },
  stack: { type: 'string' },
  region: { type: 'string' },
  port: { type: 'string' },
} as const

interface PlaceValues {
  readonly local: boolean
  readonly stack?: string | undefined
  readonly region?: string | undefined
  readonly port?: string | undefined
}

/** Throws an operator's mistake. */
export type Refuse = (problem: string) => never

export function choosePlace({ local, stack, region, port }: PlaceValues, refuse: Refuse): StackPlace {
  if (!local) {
    if (port !== undefined) refuse('--port needs --local.')
    return { kind: 'stack', stack: stack ?? 'bedrock-functions', region }
  }
  if (stack !== undefined || region !== undefined) refuse('--local excludes --stack and --region.')
  return { kind: 'local', port: port === undefined ? DEFAULT_PORT : readWholeNumber('--port', port, refuse) }
}

export function readWholeNumber(option: string, text: string, refuse: Refuse): number {
  const number = Number(text)
  return Number.isInteger(number) && number > 0
    ? number
    : refuse(`${option} is "${text}", it must be a whole number above 0.`)
}

/** Makes the options of clients for a deployed stack. */
export function clientOptions(region: string | undefined) {
  return { requestHandler: REQUEST_HANDLER, ...(region !== undefined && { region }) }
}

/** Reads the outputs of a deployed stack. `toError` makes an operator's mistake. */
export async function readOutputs(
  stack: string,
  region: string | undefined,
  toError: (message: string, options: ErrorOptions) => Error,
): Promise<ReadonlyMap<string, string>> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation')
  const client = new CloudFormationClient(clientOptions(region))
  await client.config.region().catch((cause: unknown) => {
    throw toError(
      'A deployed stack needs its Region: set AWS_REGION or give --region REGION. For npm start on this machine give --local.',
      { cause },
    )
  })
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }))
  return new Map((Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]))
}
