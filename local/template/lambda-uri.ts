import type { FunctionModel } from './model.ts'

/** API Gateway's address of a Lambda function: version and action say how it is invoked. */
const LAMBDA_URI =
  /^arn:[^:]+:apigateway:[^:]*:lambda:path\/(?<version>[\d-]+)\/functions\/(?<arn>arn:[^/]+)\/(?<action>[a-z-]+)$/

export interface LambdaUri {
  readonly version: string
  readonly arn: string
  readonly action: string
}

/** Undefined for what is no such address. */
export function parseLambdaUri(uri: string): LambdaUri | undefined {
  const { version, arn, action } = LAMBDA_URI.exec(uri)?.groups ?? {}
  return version === undefined || arn === undefined || action === undefined ? undefined : { version, arn, action }
}

/** An alias or version may follow the function's own ARN. */
export function findFunction(arn: string, functions: readonly FunctionModel[]): FunctionModel | undefined {
  return functions.find((model) => arn === model.arn || arn.startsWith(`${model.arn}:`))
}
