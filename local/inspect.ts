import { isFree } from './free-ports.ts'
import type { InspectTarget } from './lambda/inspect-target.ts'
import { PORT_COUNT } from './ports.ts'
import type { FunctionModel, LoadedTemplate } from './template/model.ts'

/** Node's own default. */
export const DEFAULT_INSPECT_PORT = 9229

/** What `--inspect NAME [PORT]` says. */
export interface InspectOption {
  readonly name: string
  readonly port: number
}

/** The option names no function, or no port. */
export class InspectOptionError extends Error {}

/** Takes the option out of the words, whose second value parseArgs does not know. Throws an InspectOptionError. */
export function takeInspect(words: readonly string[]): {
  remaining: string[]
  inspect: InspectOption | undefined
} {
  const position = words.findIndex((word) => word === '--inspect' || word.startsWith('--inspect='))
  if (position < 0) return { remaining: [...words], inspect: undefined }
  const [option = '', ...after] = words.slice(position)
  const inline = option.startsWith('--inspect=') ? option.slice('--inspect='.length) : undefined
  const name = inline ?? after.shift() ?? ''
  if (name === '' || name.startsWith('-')) throw new InspectOptionError('--inspect needs the name of a function')
  const port = after[0] === undefined || after[0].startsWith('-') ? DEFAULT_INSPECT_PORT : readPort(after.shift() ?? '')
  return { remaining: [...words.slice(0, position), ...after], inspect: { name, port } }
}

/** The function that the option names, by its logical id in any letter case. Throws an InspectOptionError. */
export function findInspectTarget({ name, port }: InspectOption, { functions }: LoadedTemplate): InspectTarget {
  const model = functions.find(({ logicalId }) => logicalId.toLowerCase() === name.toLowerCase())
  if (model) return { functionName: model.functionName, port }
  const names = functions.map(({ logicalId }) => logicalId).join(', ')
  throw new InspectOptionError(`--inspect is "${name}", it must be one of ${names}`)
}

/** Throws an InspectOptionError if the inspector cannot have its port: a port of the stack's own block, or one in use. */
export async function requireInspectPort({ port }: InspectTarget, firstPort: number): Promise<void> {
  const isOwn = port >= firstPort && port < firstPort + PORT_COUNT
  if (!isOwn && (await isFree(port, '127.0.0.1'))) return
  throw new InspectOptionError(
    `port ${port} for --inspect is ${isOwn ? "one of the stack's own" : 'in use'}. Name another one: --inspect FUNCTION PORT`,
  )
}

/** The template with the inspected function built for reading: not minified, its sources in the source map. */
export function buildForInspection(template: LoadedTemplate, { functionName }: InspectTarget): LoadedTemplate {
  const toReadable = (model: FunctionModel): FunctionModel => {
    if (model.functionName !== functionName || !model.build) return model
    const properties = { ...model.build.properties, Minify: false, Sourcemap: 'inline' }
    return { ...model, build: { ...model.build, properties } }
  }
  return { ...template, functions: template.functions.map(toReadable) }
}

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new InspectOptionError(`the port of --inspect is "${text}", it must be a whole number from 1 to 65535`)
}
