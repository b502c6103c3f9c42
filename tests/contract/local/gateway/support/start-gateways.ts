import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type AuthMode, authParameters } from '../../../../../local/gateway/access/auth-mode.ts'
import { hashKey, type LocalKey, writeKeys } from '../../../../../local/gateway/access/keys/key-file.ts'
import { createStackAccess, keyFileOf } from '../../../../../local/gateway/access/stack-access.ts'
import { createFunctionUrl } from '../../../../../local/gateway/function-url.ts'
import type { RequestSummary } from '../../../../../local/gateway/gateway-server.ts'
import { createRestApi } from '../../../../../local/gateway/rest-api.ts'
import { createLambdaService } from '../../../../../local/lambda/lambda-service.ts'
import type { LogLine } from '../../../../../local/lambda/worker.ts'
import type { BodyTime } from '../../../../../local/net/read-body.ts'
import { loadTemplate } from '../../../../../local/template/load-template.ts'

export interface Gateways {
  readonly url: string
  readonly functionUrl: string
  readonly stateDirectory: string
  readonly summaries: readonly RequestSummary[]
  readonly lines: readonly LogLine[]
  /** Sets the keys. Each has its name, which is also its id, and its value. */
  setKeys(keys: Readonly<Record<string, string>>, changes?: Partial<LocalKey>): void
  /** Time of the access checks, in milliseconds since 1970. */
  now: number
  close(): Promise<void>
}

/** Starts both gateways over the fixture template and its functions, including the suite's own authorizer. */
export async function startGateways(
  mode: AuthMode,
  {
    parameters = {},
    environment = {},
    bodyTime = {},
  }: { parameters?: Record<string, string>; environment?: Record<string, string>; bodyTime?: BodyTime } = {},
): Promise<Gateways> {
  const scratch = await mkdtemp(join(tmpdir(), 'gateways-'))
  const stateDirectory = join(scratch, 'state')
  const template = loadTemplate(join(import.meta.dirname, '../fixtures/template.yaml'), {
    parameters: { ...authParameters(mode), ...parameters },
  })
  const authorizer = join(scratch, 'authorizer')
  const functions = template.functions.map((model) => ({
    model,
    artifacts: {
      taskDirectory: model.logicalId === 'AuthorizeFunction' ? authorizer : model.codeUri,
      layerDirectories: [],
    },
  }))
  await build({
    entryPoints: [join(import.meta.dirname, '../../../../../functions/authorize/handler.ts')],
    outdir: authorizer,
    bundle: true,
    platform: 'node',
    format: 'cjs',
  })
  const lines: LogLine[] = []
  const summaries: RequestSummary[] = []
  const lambda = await createLambdaService({ functions, region: template.region, onLog: (line) => lines.push(line) })
  const gateways = { now: Date.now() }
  const access = createStackAccess({
    mode,
    template,
    lambda,
    stateDirectory,
    environment,
    clock: () => gateways.now,
  })
  const shared = {
    lambda,
    accountId: template.accountId,
    bodyTime,
    onRequest: (summary: RequestSummary) => summaries.push(summary),
  }
  const [api] = template.restApis
  const withUrl = template.functions.find(({ functionUrl }) => functionUrl)
  if (!api || !withUrl?.functionUrl) throw new Error('the fixture has an API and a function URL')
  const servers = [
    createRestApi({ ...shared, api, access: access.forApi(api) }),
    createFunctionUrl({
      ...shared,
      functionName: withUrl.functionName,
      url: withUrl.functionUrl,
      access: access.forFunctionUrl(),
    }),
  ]
  const [url, functionUrl] = await Promise.all(
    servers.map(async (server) => `http://127.0.0.1:${await server.listen(0)}`),
  )
  return Object.assign(gateways, {
    url: url ?? '',
    functionUrl: functionUrl ?? '',
    stateDirectory,
    summaries,
    lines,
    setKeys(keys: Readonly<Record<string, string>>, changes: Partial<LocalKey> = {}) {
      writeKeys(
        keyFileOf(stateDirectory),
        Object.entries(keys).map(([name, value]) => ({
          id: name,
          name,
          sha256: hashKey(value),
          enabled: true,
          createdDate: '2026-01-01T00:00:00.000Z',
          ...changes,
        })),
      )
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()))
      access.close()
      await lambda.close()
      await rm(scratch, { recursive: true })
    },
  })
}
