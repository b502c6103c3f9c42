import { join } from 'node:path'
import type { LambdaService } from '../../lambda/lambda-service.ts'
import type { LoadedTemplate, RestApiModel } from '../../template/model.ts'
import { TemplateError } from '../../template/template-error.ts'
import { type ApiAccess, type FunctionUrlAccess, openApiAccess, openFunctionUrlAccess } from './access.ts'
import type { AuthMode } from './auth-mode.ts'
import { enforceApiAccess, enforceFunctionUrlAccess } from './enforced-access.ts'
import { createApiKeys } from './keys/api-keys.ts'
import { readCredentials } from './signature/credentials.ts'

export interface StackAccessOptions {
  readonly mode: AuthMode
  readonly template: Pick<LoadedTemplate, 'region' | 'accountId' | 'usagePlans'>
  readonly lambda: Pick<LambdaService, 'invoke'>
  /** Directory of the key file and of the quota counters. */
  readonly stateDirectory: string
  /** Environment of the shell; only LOCAL_CREDENTIALS is read. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Milliseconds since 1970; Date.now by default. */
  readonly clock?: () => number
}

/** Access to the stack. */
export interface StackAccess {
  forApi(api: RestApiModel): ApiAccess
  forFunctionUrl(): FunctionUrlAccess
  close(): void
}

/** Path of the keys of npm run keys -- --local. */
export const keyFileOf = (stateDirectory: string) => join(stateDirectory, 'keys.json')

/** Creates the access. Throws a TemplateError for a second usage plan, and an AccessOptionError for invalid credentials. */
export function createStackAccess(options: StackAccessOptions): StackAccess {
  const { mode, template, stateDirectory, environment } = options
  const { accountId, region } = template
  if (mode === 'open') {
    return {
      forApi: () => openApiAccess(accountId),
      forFunctionUrl: () => openFunctionUrlAccess(accountId),
      close() {},
    }
  }
  const [plan, other] = template.usagePlans
  if (other) throw new TemplateError([`${other.logicalId}: a second usage plan is not supported by the local stack`])
  const apiKeys = createApiKeys({
    ...options,
    keyFile: keyFileOf(stateDirectory),
    usageFile: join(stateDirectory, 'key-usage.json'),
    plan,
  })
  const enforced = { ...options, accountId, region, credentials: readCredentials(environment), apiKeys }
  return {
    forApi: (api) => enforceApiAccess(api, enforced),
    forFunctionUrl: () => enforceFunctionUrlAccess(enforced),
    close: () => apiKeys.close(),
  }
}
