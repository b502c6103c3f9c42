import type { Bedrock } from '@bedrock-functions/runtime/bedrock'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'
import type { RecordingSender, Stack } from './start-services.ts'

/** Error of every call after the process was killed. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

export interface DoomedStack extends Stack {
  /** Effects of the process so far: writes, calls of the model and events. */
  readonly effects: readonly string[]
}

/**
 * Returns the stack for a process that is killed right after its n-th effect: the effect has happened, its answer is lost, and
 * nothing more happens.
 */
export function killAfter(stack: Stack, effectCount: number): DoomedStack {
  const effects: string[] = []
  const check = () => {
    if (effects.length >= effectCount) throw new Killed()
  }
  async function happen<Result>(what: string, effect: () => Promise<Result>): Promise<Result> {
    check()
    const result = await effect()
    effects.push(what)
    check()
    return result
  }
  async function look<Result>(reading: () => Promise<Result>): Promise<Result> {
    check()
    const result = await reading()
    check()
    return result
  }
  const { store, bedrock, events } = stack
  const doomedStore: ObjectStore = {
    bucket: store.bucket,
    client: store.client,
    signer: store.signer,
    get: (...parameters) => look(() => store.get(...parameters)),
    head: (...parameters) => look(() => store.head(...parameters)),
    list: (...parameters) => look(() => store.list(...parameters)),
    put: (...parameters) => happen(`put ${nameOf(parameters[0].key)}`, () => store.put(...parameters)),
    putNew: (...parameters) => happen(`putNew ${nameOf(parameters[0].key)}`, () => store.putNew(...parameters)),
    replace: (...parameters) => happen(`replace ${nameOf(parameters[0].key)}`, () => store.replace(...parameters)),
    delete: (...parameters) => happen(`delete ${nameOf(parameters[0].key)}`, () => store.delete(...parameters)),
  }
  const doomedBedrock: Bedrock = {
    send: (...parameters) => happen('call', () => bedrock.send(...parameters)),
    openTurn: (...parameters) => bedrock.openTurn(...parameters),
    async openStream(...parameters) {
      let opened: Awaited<ReturnType<Bedrock['openStream']>> | undefined
      try {
        return await happen('call', async () => {
          opened = await bedrock.openStream(...parameters)
          return opened
        })
      } catch (error) {
        opened?.source.destroy()
        throw error
      }
    },
  }
  const doomedEvents: RecordingSender = {
    sent: events.sent,
    send: (sent) => (sent.length === 0 ? look(() => events.send(sent)) : happen('event', () => events.send(sent))),
  }
  // Inherits from the stack, so that getters of changing numbers are not copied.
  return Object.create(stack, {
    store: { value: doomedStore },
    bedrock: { value: doomedBedrock },
    events: { value: doomedEvents },
    effects: { value: effects },
  })
}

/** Returns the part of a key that shows its kind. */
function nameOf(key: string): string {
  const [prefix = '', ...rest] = key.split('/')
  return prefix === 'jobs' || prefix === 'output' ? (rest.at(-1) ?? '') : prefix
}

/** Runs until the end or the kill. Returns whether it ended. */
export async function untilKilled(process: Promise<unknown>): Promise<boolean> {
  try {
    await process
    return true
  } catch (error) {
    if (error instanceof Killed) return false
    throw error
  }
}
