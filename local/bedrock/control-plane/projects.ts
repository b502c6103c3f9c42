import { malformedInput, validationError } from '../messages.ts'
import type { Operation } from '../operations/operation.ts'
import { type Project, projectIdentifier } from '../projects/projects.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { readObject, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { integer, list, oneOf, type StringShape, structure } from '../shapes/shape.ts'
import { makeToken, readInteger, readToken } from './pages.ts'

/** Source of all shapes: the service model of bedrock 2023-04-20, CreateProjectRequest and the others. */
const name: StringShape = { type: 'string', minimum: 1, maximum: 127, pattern: /\S/ }
const dataRetention = structure({ mode: oneOf('default', 'none', 'aws_review', 'provider_data_share', 'inherit') }, [
  'mode',
])
const TAG_TEXT = /^[a-zA-Z0-9\s._:/=+@-]*$/

const createProjectRequest = structure(
  {
    name,
    tags: list(
      structure(
        {
          key: { type: 'string', minimum: 1, maximum: 128, pattern: TAG_TEXT },
          value: { type: 'string', maximum: 256, pattern: TAG_TEXT },
        },
        ['key', 'value'],
      ),
      0,
      200,
    ),
    dataRetention,
  },
  ['name'],
)

const updateProjectRequest = structure({ name, dataRetention })

const listProjectsRequest = structure({
  maxResults: integer(1, 100),
  nextToken: { type: 'string', minimum: 1, maximum: 2_048, pattern: /^\S*$/ },
  statusFilter: oneOf('active', 'archived'),
})

const DEFAULT_PAGE = 20

const identified = structure({ projectIdentifier }, ['projectIdentifier'])

export const createProject: Operation = async ({ body, projects }) => {
  const asked = parseJsonObject(body)
  requireShape(asked, createProjectRequest, describeForService)
  const mode = readString(readObject(asked.dataRetention)?.mode) ?? 'inherit'
  return { body: projects.create(readString(asked.name) ?? '', mode) }
}

/** ListProjects, in order of creation. */
export const listProjects: Operation = async ({ query, projects }) => {
  const asked: JsonObject = {
    ...Object.fromEntries(query),
    ...(query.has('maxResults') && { maxResults: readInteger(query.get('maxResults') ?? '') }),
  }
  requireShape(asked, listProjectsRequest, describeForService)
  const status = query.get('statusFilter')
  const all = projects.list().filter((project) => status === null || project.status === status)
  const start = readToken(query.get('nextToken'), `${status}`)
  const end = start + (typeof asked.maxResults === 'number' ? asked.maxResults : DEFAULT_PAGE)
  return {
    body: {
      projectSummaries: all.slice(start, end),
      ...(end < all.length && { nextToken: makeToken(end, `${status}`) }),
    },
  }
}

export const getProject: Operation = async ({ labels, projects }) => ({
  body: projects.get(readIdentifier(labels)),
})

/** UpdateProject: exactly one of the name and the data retention. */
export const updateProject: Operation = async ({ labels, body, projects }) => {
  const identifier = readIdentifier(labels)
  const asked = parseJsonObject(body)
  requireShape(asked, updateProjectRequest, describeForService)
  const changed = ['name', 'dataRetention'].filter((member) => asked[member] !== undefined && asked[member] !== null)
  if (changed.length !== 1) {
    const fact = `exactly one of [name, dataRetention] must be set, found: [${changed.join(', ')}]`
    throw validationError(malformedInput(`#: ${fact}`))
  }
  return { body: projects.change(identifier, readChange(asked)) }
}

function readChange(asked: JsonObject): Partial<Pick<Project, 'name' | 'dataRetention'>> {
  const newName = readString(asked.name)
  return newName === undefined
    ? { dataRetention: { mode: readString(readObject(asked.dataRetention)?.mode) ?? 'inherit' } }
    : { name: newName }
}

export const archiveProject: Operation = async ({ labels, projects }) => ({
  body: projects.archive(readIdentifier(labels)),
})

function readIdentifier(labels: Readonly<Record<string, string>>): string {
  requireShape(labels, identified, describeForService)
  return labels.projectIdentifier ?? ''
}
