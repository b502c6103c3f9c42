import { storageLost } from '../messages.ts'
import type { Clock } from './clock.ts'
import { jsonFile } from './families/async-family.ts'
import { type Invocation, type InvocationEnd, invocationId, type Work } from './invocation.ts'
import type { InvocationStore } from './invocation-store.ts'
import { collectMediaUris } from './model-input.ts'
import { resolveAsyncModel } from './models.ts'
import { type ObjectAccess, ObjectRefusedError } from './object-access.ts'
import { joinKey, parseS3Uri, type S3Location } from './s3-location.ts'

/** List of an invocation's files. Written last, so that a reader who finds it finds all files. */
const MANIFEST_FILE = 'manifest.json'

/** Time of retries for an unreachable S3, which may start after the emulator. */
const RETRY_MS = 1_000
const RETRY_PERIOD_MS = 120_000

export interface InvocationRunner {
  /** Schedules the end of an invocation. */
  schedule(invocation: Invocation): void
  /** Stops. Invocations that have not ended stay InProgress. Resolves when nothing runs any more. */
  stop(): Promise<void>
}

interface RunnerOptions {
  readonly store: InvocationStore
  readonly objects: ObjectAccess
  readonly clock: Clock
}

/** Ends every invocation once. Files written twice, as after a kill, are the same. */
export function createInvocationRunner({ store, objects, clock }: RunnerOptions): InvocationRunner {
  const cancels = new Map<string, () => void>()
  const running = new Set<Promise<void>>()
  let isStopped = false

  function runAfter(delayMs: number, invocation: Invocation, retryUntil?: number): void {
    if (isStopped) return
    const cancel = clock.after(Math.max(0, delayMs), () => {
      cancels.delete(invocation.invocationArn)
      const run = finish(invocation, retryUntil ?? clock.now() + RETRY_PERIOD_MS).finally(() => running.delete(run))
      running.add(run)
    })
    cancels.set(invocation.invocationArn, cancel)
  }

  async function finish(invocation: Invocation, retryUntil: number): Promise<void> {
    try {
      const end = await attempt(invocation, retryUntil)
      if (!isStopped) store.end(invocation.invocationArn, end, clock.now())
    } catch {
      // S3 or the disk may work again a little later.
      runAfter(RETRY_MS, invocation, retryUntil)
    }
  }

  async function attempt(invocation: Invocation, retryUntil: number): Promise<InvocationEnd> {
    try {
      return await produce(invocation, objects)
    } catch (error) {
      if (clock.now() < retryUntil) throw error
      return { status: 'Failed', failureMessage: storageLost }
    }
  }

  return {
    schedule(invocation) {
      if (invocation.work) runAfter(invocation.work.dueTime - clock.now(), invocation)
    },
    async stop() {
      isStopped = true
      for (const cancel of cancels.values()) cancel()
      objects.close()
      await Promise.all(running)
    },
  }
}

/** Finishes an invocation. Rejects when another attempt may help. */
async function produce(invocation: Invocation, objects: ObjectAccess): Promise<InvocationEnd> {
  const { work } = invocation
  if (work?.failure !== undefined) return { status: 'Failed', failureMessage: work.failure }
  try {
    if (work) await writeOutputs(work, folderOf(invocation), objects)
    return { status: 'Completed' }
  } catch (error) {
    if (error instanceof ObjectRefusedError) return { status: 'Failed', failureMessage: error.message }
    throw error
  }
}

async function writeOutputs({ modelId, modelInput }: Work, folder: S3Location, objects: ObjectAccess): Promise<void> {
  for (const uri of collectMediaUris(modelInput)) await objects.requireObject(parseS3Uri(uri))
  const files = resolveAsyncModel(modelId).family.render(modelInput, { folder })
  const manifest = jsonFile(MANIFEST_FILE, { files: files.map(({ name }) => name) })
  for (const file of [...files, manifest]) await objects.put(joinKey(folder, file.name), file)
}

/** `<s3Uri>/<id>` */
function folderOf(invocation: Invocation): S3Location {
  const { s3OutputDataConfig } = invocation.outputDataConfig as { s3OutputDataConfig: { s3Uri: string } }
  return joinKey(parseS3Uri(s3OutputDataConfig.s3Uri), invocationId(invocation))
}
