import { MODEL_OPERATIONS, type Operation, PROJECT_HEADER } from '../bedrock/operations.ts'
import { BedrockError } from '../core/errors.ts'
import { ANONYMOUS } from '../core/identity.ts'
import type { ModelCall } from '../core/model-call.ts'
import { setMember } from '../json/edit-json.ts'
import type { JsonDocument } from '../json/json-document.ts'
import { type CallerProject, findCallerProject, isProject } from './caller-projects.ts'
import type { CallStage, StageOutcome } from './stage.ts'

const DEFAULT_PROJECT = 'default'

type Caller = Pick<ModelCall, 'caller' | 'headers'>

/** Finds the project of a call from its caller and its headers; undefined: the default project. */
export function findProject(
  { caller = ANONYMOUS, headers }: Caller,
  projects: readonly CallerProject[],
): string | undefined {
  const project = findCallerProject(caller, projects) ?? headers[PROJECT_HEADER]
  return project && idOf(project) !== DEFAULT_PROJECT ? project : undefined
}

/**
 * Creates the stage of the project, to which AWS attributes the cost of a call. A call gets the project that the operator
 * gives its caller. Other callers may name one. The log has the project of each call that has one.
 *
 * The stage throws BedrockError AccessDeniedException for a call that names another project than that of its caller.
 */
export function createProjectStage(projects: readonly CallerProject[]): CallStage {
  return (call, document) => {
    const { project: location } = MODEL_OPERATIONS[call.operation] as Operation
    if (!location) return {}
    const named = readNamed(call, document, location)
    const given = findCallerProject(call.caller ?? ANONYMOUS, projects)
    const other =
      given && [...named, call.headers[PROJECT_HEADER]].find((project) => project && idOf(project) !== idOf(given))
    if (other) {
      throw new BedrockError(
        'AccessDeniedException',
        `The project of this caller is ${given} (parameter CallerProjects), but the request names ${other.slice(0, 100)}.`,
      )
    }
    const project = given ?? named[0]
    if (project === undefined) return {}
    return {
      ...placeProject(given, { call, document, location, project }),
      ...(isProject(project) && { facts: { project } }),
    }
  }
}

type Location = NonNullable<Operation['project']>

/** Reads the projects that a request names. Parsers differ in which of repeated members they use. */
function readNamed(
  { headers }: ModelCall,
  document: JsonDocument | undefined,
  { in: place, name }: Location,
): string[] {
  const values =
    place === 'header'
      ? [headers[name], headers[PROJECT_HEADER]]
      : (document?.root.getAll(name) ?? []).map(({ kind, text, bytes }) =>
          kind === 'null' ? undefined : (text ?? bytes.toString()),
        )
  return values.flatMap((value) => (value ? [value] : []))
}

interface Placing {
  readonly call: ModelCall
  readonly document: JsonDocument | undefined
  readonly location: Location
  readonly project: string
}

/** Writes the project where the operation has it. A project in the caller's document stays as it is, unless it is given. */
function placeProject(given: string | undefined, { call, document, location, project }: Placing): StageOutcome {
  const { in: place, name } = location
  if (place === 'body') {
    if (given === undefined || idOf(given) === DEFAULT_PROJECT || !document) return {}
    return { edits: setMember(document.root, name, JSON.stringify(given)) }
  }
  if (given !== undefined && idOf(given) === DEFAULT_PROJECT) return {}
  if (call.headers[name] === project) return {}
  const { [PROJECT_HEADER]: _, ...headers } = call.headers
  return { headers: { ...headers, [name]: project } }
}

/** Returns the id of a project that is named by its id or ARN. */
function idOf(project: string): string {
  return project.slice(project.lastIndexOf('/') + 1)
}
