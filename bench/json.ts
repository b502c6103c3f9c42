import { applyEdits, readJsonIfAny, setMember } from '@bedrock-functions/runtime/json'
import { makeTable, type Table, timeMs } from './measure.ts'

const ROUNDS = 5
const SIZES_MB = [1, 5, 25] as const

/** Bodies that punish a reader that looks at a byte more than once, of about `bytes` bytes. */
const HOSTILE: Readonly<Record<string, (bytes: number) => string>> = {
  'one long text': (bytes) => `{"messages":[{"role":"user","content":[{"text":"${'a'.repeat(bytes)}"}]}]}`,
  'escaped quotes': (bytes) => `{"text":"${'say \\"x\\" '.repeat(bytes / 11)}"}`,
  backslashes: (bytes) => `{"text":"${'\\\\'.repeat(bytes / 2)}"}`,
  'many members of one name': (bytes) => `{${'"a":1,'.repeat(bytes / 6)}"b":2}`,
  'many numbers': (bytes) => `[${'1,'.repeat(bytes / 2)}1]`,
  'brackets that never close': (bytes) => '['.repeat(bytes),
}

/** Reads a body, asks it for a name and sets a member, as the stages of a call do. */
function editBody(body: Buffer): void {
  try {
    const document = readJsonIfAny(body)
    if (!document?.mayHaveMember('s3Location') && document?.root.kind === 'object') {
      applyEdits(body, setMember(document.root, 'requestMetadata', '{"caller":"bench"}'))
    }
  } catch {
    // Too many levels: a refusal is an answer, too.
  }
}

/** Time of the JSON reader and editor for hostile bodies; linear is a ratio of 1, 5 and 25. */
export async function benchJson(): Promise<Table[]> {
  const tables: Table[] = []
  for (const [name, make] of Object.entries(HOSTILE)) {
    const measured: Record<string, number[]> = {}
    for (const size of SIZES_MB) {
      const body = Buffer.from(make(size * 1_000_000))
      const times: number[] = []
      for (let round = 0; round < ROUNDS; round += 1) times.push(await timeMs(async () => editBody(body)))
      measured[`${size} MB`] = times
    }
    tables.push(makeTable(`JSON reader and editor, ${name}`, 'ms', measured))
  }
  return tables
}
