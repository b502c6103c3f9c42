import { delimiter, dirname, join } from 'node:path'
import type { FunctionModel } from '../template/model.ts'

export interface WorkerSurroundings {
  readonly region: string
  /** Where the function's code lies: Lambda's /var/task. */
  readonly taskDirectory: string
  /** Where its layers lie: Lambda's /opt. */
  readonly optDirectory: string
  readonly runtimeApiPort: number
  /** Name of the log stream, one a worker. */
  readonly logStream: string
  /** Over what the template says: addresses of the embedded servers and credentials for them. */
  readonly overrides: Readonly<Record<string, string>>
}

/** Nothing local checks them; the SDK only needs some. */
const LOCAL_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' }

/**
 * The whole environment of a worker: Lambda's own variables and what the template declares, and nothing of the shell's.
 * Source: Lambda developer guide, "Defined runtime environment variables".
 */
export function workerEnvironment(model: FunctionModel, around: WorkerSurroundings): Record<string, string> {
  const { taskDirectory, optDirectory, region } = around
  return {
    ...LOCAL_CREDENTIALS,
    ...model.environment,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${model.runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(model.memoryMegabytes),
    AWS_LAMBDA_FUNCTION_NAME: model.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: model.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: around.logStream,
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${around.runtimeApiPort}`,
    AWS_REGION: region,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LAMBDA_TASK_ROOT: taskDirectory,
    LANG: 'en_US.UTF-8',
    NODE_PATH: [
      join(optDirectory, 'nodejs/node24/node_modules'),
      join(optDirectory, 'nodejs/node_modules'),
      taskDirectory,
    ].join(delimiter),
    // `node` itself, for a function that starts it.
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin', join(optDirectory, 'bin')].join(delimiter),
    TZ: ':UTC',
    _HANDLER: model.handler,
    ...(model.logFormat === 'JSON' && { AWS_LAMBDA_LOG_FORMAT: 'JSON' }),
    ...(model.logFormat === 'JSON' && model.logLevel !== undefined && { AWS_LAMBDA_LOG_LEVEL: model.logLevel }),
    ...around.overrides,
  }
}
