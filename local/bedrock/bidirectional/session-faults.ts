import { findDirectives } from '../directives/find-directives.ts'
import { type Directives, STREAM_FAULTS, type StreamFaults } from '../directives/parse-directives.ts'

const FAULT_NAMES: readonly string[] = STREAM_FAULTS

/** Splits directives into the faults of the stream and those of answers. */
export function splitFaults(directives: Directives): { faults: StreamFaults; others: Directives } {
  const entries = Object.entries(directives)
  return {
    faults: Object.fromEntries(entries.filter(([name]) => FAULT_NAMES.includes(name))),
    others: Object.fromEntries(entries.filter(([name]) => !FAULT_NAMES.includes(name))),
  }
}

/**
 * Directives of a text as they are written, without all other text: the faults of a stream, or all others. `for` is in both,
 * since it limits both.
 */
export function writeDirectives(text: string, kind: 'faults' | 'others'): string {
  return findDirectives(text)
    .filter(({ name }) => name === 'for' || FAULT_NAMES.includes(name) === (kind === 'faults'))
    .map(({ start, end }) => text.slice(start, end))
    .join('')
}

/**
 * Adds faults whose positions count from now, after `sent` events. Of two with one name the later counts. Faults whose
 * place has passed are gone.
 */
export function addFaults(current: StreamFaults, added: StreamFaults, sent: number): StreamFaults {
  const due = Object.entries(current).filter(([, { after }]) => after > sent)
  const moved = Object.entries(added).map(([name, fault]) => [name, { ...fault, after: fault.after + sent }])
  return Object.fromEntries([...due, ...moved])
}
