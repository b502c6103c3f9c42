import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describeStoredMapRun, MapRun, type MapRunDescription, type MapRunStart } from './map-run.ts'

/** Map runs of all executions, in a directory. */
export interface MapRuns {
  /** Makes a directory for a new map run. */
  reserve(id: string): string
  create(start: MapRunStart): MapRun
  /** Opens a map run of an earlier attempt; undefined if it is lost. */
  open(mapRunArn: string): MapRun | undefined
  /** Closes the files of a map run that has stopped. */
  release(run: MapRun): void
  /** Running map run; undefined for any other. */
  findRunning(mapRunArn: string): MapRun | undefined
  describe(mapRunArn: string): MapRunDescription | undefined
  delete(mapRunArn: string): void
}

const ID = /^[0-9a-f-]{36}$/

export function createMapRuns(root: string): MapRuns {
  const running = new Map<string, MapRun>()
  const directoryOf = (mapRunArn: string) => {
    const id = mapRunArn.split(':').at(-1) ?? ''
    return ID.test(id) ? join(root, id) : undefined
  }

  return {
    reserve(id) {
      const directory = join(root, id)
      mkdirSync(directory, { recursive: true })
      return directory
    },
    create(start) {
      const run = MapRun.create(directoryOf(start.mapRunArn) as string, start)
      running.set(start.mapRunArn, run)
      return run
    },
    open(mapRunArn) {
      const directory = directoryOf(mapRunArn)
      if (directory === undefined || !existsSync(directory)) return undefined
      const run = MapRun.open(directory)
      running.set(mapRunArn, run)
      return run
    },
    release(run) {
      running.delete(run.start.mapRunArn)
      run.close()
    },
    findRunning: (mapRunArn) => running.get(mapRunArn),
    describe(mapRunArn) {
      const directory = directoryOf(mapRunArn)
      const description =
        running.get(mapRunArn)?.describe() ?? (directory === undefined ? undefined : describeStoredMapRun(directory))
      return description?.mapRunArn === mapRunArn ? description : undefined
    },
    delete(mapRunArn) {
      const directory = directoryOf(mapRunArn)
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
    },
  }
}
