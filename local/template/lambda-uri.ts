import type { FunctionModel } from './model.ts'

/** API Gateway's address of a Lambda function. Version and action say how API Gateway invokes it. */
const LAMBDA_URI =
  /^arn:[^:]+:apigateway:[^:]*:lambda:path\/(?<version>[\d-]+)\/functions\/(?<arn>arn:[^/]+)\/(?<action>[a-z-]+)$/

export interface LambdaUri {
  readonly version: string
  readonly arn: string
  readonly action: string
}

/** Undefined for any other address. */
export function parseLambdaUri(uri: string): LambdaUri | undefined {
  const { version, arn, action } = LAMBDA_URI.exec(uri)?.groups ?? {}
  return version === undefined || arn === undefined || action === undefined ? undefined : { version, arn, action }
}

/** Compares without an alias or version, which may follow the function's ARN. */
export function findFunction(arn: string, functions: readonly FunctionModel[]): FunctionModel | undefined {
  return functions.find((model) => arn === model.arn || arn.startsWith(`${model.arn}:`))
}
