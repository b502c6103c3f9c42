import { delimiter, dirname, join } from 'node:path'
import type { FunctionModel } from '../template/model.ts'

export interface WorkerSurroundings {
  readonly region: string
  /** Directory of the function's code: Lambda's /var/task. */
  readonly taskDirectory: string
  /** Directory of the layers: Lambda's /opt. */
  readonly optDirectory: string
  readonly runtimeApiPort: number
  /** Name of the log stream; each worker has one. */
  readonly logStream: string
  /** Variables that replace those of the template: addresses of the embedded servers, and credentials. */
  readonly overrides: Readonly<Record<string, string>>
}

/** Credentials that the SDK requires; nothing local checks them. */
const LOCAL_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' }

/**
 * Whole environment of a worker: Lambda's variables and those of the template, without the shell's.
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
    // For a function that starts `node`.
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin', join(optDirectory, 'bin')].join(delimiter),
    TZ: ':UTC',
    _HANDLER: model.handler,
    ...(model.logFormat === 'JSON' && { AWS_LAMBDA_LOG_FORMAT: 'JSON' }),
    ...(model.logFormat === 'JSON' && model.logLevel !== undefined && { AWS_LAMBDA_LOG_LEVEL: model.logLevel }),
    ...around.overrides,
  }
}
