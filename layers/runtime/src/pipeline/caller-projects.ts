import { ConfigurationError } from '../core/configuration.ts'
import { matchesPattern } from '../models/model-id.ts'

/** Project of the callers that match a pattern. */
export interface CallerProject {
  /** `key:ID`, `role/NAME`, `role/NAME/SESSION`, `user/NAME` or a whole identity, with `*` as a wildcard. */
  readonly pattern: string
  /** Id or ARN. */
  readonly project: string
}

/** Limit of an id or ARN. Source: the service model of bedrock-runtime, ProjectIdentifier. */
const MAX_LENGTH = 2048

const PROJECT = /^(?:[a-zA-Z0-9_-]+|arn:aws(?:-[^:]+)?:bedrock:[0-9a-z-]{1,20}:[0-9]{12}:project\/[a-zA-Z0-9_-]+)$/

/** Tests whether a text is the id or ARN of a project. */
export function isProject(text: string): boolean {
  return text.length <= MAX_LENGTH && PROJECT.test(text)
}

/**
 * Reads the projects of callers from CALLER_PROJECTS: `role/team-a=proj_1,key:a1b2c3=proj_2,*=proj_3`. The first item that
 * matches a caller is used.
 *
 * @throws ConfigurationError that names the item
 */
export function readCallerProjects(environment: Readonly<Record<string, string | undefined>>): CallerProject[] {
  const value = environment.CALLER_PROJECTS?.trim()
  if (!value) return []
  return value.split(',').map((item) => {
    const [, pattern = '', project = ''] = /^\s*([^=\s]+)=(\S+)\s*$/.exec(item) ?? []
    if (pattern !== '' && isProject(project)) return { pattern, project }
    throw new ConfigurationError(
      `CALLER_PROJECTS has "${item.trim()}", an item must be CALLER=PROJECT, as in role/team-a=proj_1`,
    )
  })
}

/** Finds the project that the operator gives a caller; undefined: the caller may choose. */
export function findCallerProject(caller: string, projects: readonly CallerProject[]): string | undefined {
  return projects.find(({ pattern }) => matchesCaller(caller, pattern))?.project
}

/** Tests whether a pattern of an operator means a caller, by its identity or one of its short names. */
export function matchesCaller(caller: string, pattern: string): boolean {
  return namesOf(caller).some((name) => matchesPattern(name, pattern))
}

const RESOURCE = /^arn:[^:]+:(?:iam|sts)::\d{12}:(.+)$/

/** Names of a caller: its identity, and for an ARN the short names of its role, session and user. */
function namesOf(caller: string): string[] {
  const [kind, ...rest] = RESOURCE.exec(caller)?.[1]?.split('/') ?? []
  // The path of a user is not part of its name.
  if (kind === 'user') return [caller, `user/${rest.at(-1)}`]
  if (kind !== 'assumed-role') return [caller]
  const [role, ...session] = rest
  return [caller, ...(session.length > 0 ? [`role/${rest.join('/')}`] : []), `role/${role}`]
}
