import type { Bedrock } from '@bedrock-functions/runtime/bedrock'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'
import type { RecordingSender, Stack } from './start-services.ts'

/** What a process that is gone can still be said to meet. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

export interface DoomedStack extends Stack {
  /** What the process has done to the world: writes, calls of the model, events. */
  readonly effects: readonly string[]
}

/**
 * The same stack as one process sees it that is killed right behind its n-th effect: that has happened, nobody hears of
 * it, and nothing more happens.
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
  // A stack's numbers are read when they are asked for, so that they are not copied here.
  return Object.create(stack, {
    store: { value: doomedStore },
    bedrock: { value: doomedBedrock },
    events: { value: doomedEvents },
    effects: { value: effects },
  })
}

/** The part of a key that says what it is. */
function nameOf(key: string): string {
  const [prefix = '', ...rest] = key.split('/')
  return prefix === 'jobs' || prefix === 'output' ? (rest.at(-1) ?? '') : prefix
}

/** Runs it until it is done or killed. @returns whether it was done */
export async function untilKilled(process: Promise<unknown>): Promise<boolean> {
  try {
    await process
    return true
  } catch (error) {
    if (error instanceof Killed) return false
    throw error
  }
}
