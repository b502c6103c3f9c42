import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { createLambdaService, type DeployedFunction, type LambdaService } from '../local/lambda/lambda-service.ts'
import { loadTemplate } from '../local/template/load-template.ts'
import { buildBundles } from '../scripts/build-bundles.ts'

const ROOT = join(import.meta.dirname, '..')

export interface BenchFunctions {
  /** Lambda service without a worker. */
  start(): Promise<LambdaService>
  remove(): Promise<void>
}

/** Builds the stack's invoke function and the handlers that it is compared with; all have the same settings. */
export async function prepareFunctions(bedrockEndpoint: string): Promise<BenchFunctions> {
  const template = loadTemplate(join(ROOT, 'template.yaml'))
  const artifacts = await buildBundles(template, { outputDirectory: join(ROOT, 'dist') })
  const directoryOf = (logicalId: string) => artifacts.get(logicalId)?.directory ?? ''
  const model = template.functions.find(({ logicalId }) => logicalId === 'InvokeFunction')
  if (!model) throw new Error('the template has no InvokeFunction')
  const directory = await mkdtemp(join(tmpdir(), 'bench-'))
  await build({
    entryPoints: {
      'bare/handler': join(ROOT, 'bench/handlers/bare.ts'),
      'typed/handler': join(ROOT, 'bench/handlers/typed.ts'),
    },
    outdir: directory,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  })
  const functions: DeployedFunction[] = [
    {
      model,
      artifacts: { taskDirectory: directoryOf(model.logicalId), layerDirectories: model.layers.map(directoryOf) },
    },
    ...['bare', 'typed'].map((name) => ({
      model: { ...model, logicalId: name, functionName: name, layers: [] },
      artifacts: { taskDirectory: join(directory, name), layerDirectories: [] },
    })),
  ]
  return {
    start: () =>
      createLambdaService({
        functions,
        region: 'us-east-1',
        environmentOverrides: () => ({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrockEndpoint }),
      }),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
