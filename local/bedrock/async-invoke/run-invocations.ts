import { storageLost } from '../messages.ts'
import type { Clock } from './clock.ts'
import { jsonFile } from './families/async-family.ts'
import { type Invocation, type InvocationEnd, invocationId, type Work } from './invocation.ts'
import type { InvocationStore } from './invocation-store.ts'
import { collectMediaUris } from './model-input.ts'
import { resolveAsyncModel } from './models.ts'
import { type ObjectAccess, ObjectRefusedError } from './object-access.ts'
import { joinKey, parseS3Uri, type S3Location } from './s3-location.ts'

/** Where an invocation's files are listed; written last, so that who finds it finds the others. */
const MANIFEST_FILE = 'manifest.json'

/** An S3 that cannot be reached is asked again, so long; after a restart it may come up behind the emulator. */
const RETRY_MS = 1_000
const PATIENCE_MS = 120_000

export interface InvocationRunner {
  /** Ends an invocation when it is due. */
  schedule(invocation: Invocation): void
  /** What has not ended yet stays InProgress; resolves when nothing runs any more. */
  stop(): Promise<void>
}

interface RunnerOptions {
  readonly store: InvocationStore
  readonly objects: ObjectAccess
  readonly clock: Clock
}

/** Brings every invocation to its one end. Writing its files twice, as after a kill, leaves the same ones. */
export function createInvocationRunner({ store, objects, clock }: RunnerOptions): InvocationRunner {
  const cancels = new Map<string, () => void>()
  const running = new Set<Promise<void>>()
  let isStopped = false

  function runAfter(delayMs: number, invocation: Invocation, patientUntil?: number): void {
    if (isStopped) return
    const cancel = clock.after(Math.max(0, delayMs), () => {
      cancels.delete(invocation.invocationArn)
      const run = finish(invocation, patientUntil ?? clock.now() + PATIENCE_MS).finally(() =>
        running.delete(run),
      )
      running.add(run)
    })
    cancels.set(invocation.invocationArn, cancel)
  }

  async function finish(invocation: Invocation, patientUntil: number): Promise<void> {
    try {
      const end = await attempt(invocation, patientUntil)
      if (!isStopped) store.end(invocation.invocationArn, end, clock.now())
    } catch {
      // S3 may answer, or the disk take the record, a little later.
      runAfter(RETRY_MS, invocation, patientUntil)
    }
  }

  async function attempt(invocation: Invocation, patientUntil: number): Promise<InvocationEnd> {
    try {
      return await produce(invocation, objects)
    } catch (error) {
      if (clock.now() < patientUntil) throw error
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

/** Rejects where another try may help. */
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
