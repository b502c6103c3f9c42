import { randomUUID } from 'node:crypto'
import { BedrockError } from '@bedrock-functions/runtime/core'
import type { Clock } from '../async-invoke/clock.ts'
import { projectMessages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { type StringShape, structure } from '../shapes/shape.ts'

export type ProjectStatus = 'active' | 'archived'

/** Project as all its operations return it. Source: the service model of bedrock 2023-04-20, ProjectSummary. */
export type Project = {
  readonly id: string
  readonly arn: string
  readonly name: string
  readonly status: ProjectStatus
  readonly createdAt: string
  readonly archivedAt?: string
  readonly dataRetention: { readonly mode: string }
}

/** Projects of the emulator's account, in memory. */
export interface Projects {
  create(name: string, mode: string): Project
  /** Projects in order of creation. The default project is the first. */
  list(): readonly Project[]
  /** ResourceNotFoundException for an unknown project. */
  get(identifier: string): Project
  find(identifier: string): Project | undefined
  /** ConflictException for an archived project. */
  change(identifier: string, change: Partial<Pick<Project, 'name' | 'dataRetention'>>): Project
  /** Archives a project for ever. ValidationException for the default project. */
  archive(identifier: string): Project
}

/** Header of InvokeModel's project. */
export const PROJECT_HEADER = 'x-amzn-bedrock-projectidentifier'

export const DEFAULT_PROJECT = 'default'

/** Id or ARN. Source: the same, ProjectIdentifier. */
export const projectIdentifier: StringShape = {
  type: 'string',
  minimum: 1,
  maximum: 2_048,
  pattern: /^([a-zA-Z0-9_-]+|arn:aws(-[^:]+)?:bedrock:[0-9a-z-]{1,20}:[0-9]{12}:project\/[a-zA-Z0-9_-]+)$/,
}

export interface ProjectsOptions {
  readonly accountId: string
  readonly region: string
  readonly clock: Clock
}

export function createProjects({ accountId, region, clock }: ProjectsOptions): Projects {
  const now = (): string => new Date(clock.now()).toISOString()
  const projects = new Map<string, Project>()

  function add(id: string, name: string, mode: string): Project {
    const arn = `arn:aws:bedrock:${region}:${accountId}:project/${id}`
    const project: Project = { id, arn, name, status: 'active', createdAt: now(), dataRetention: { mode } }
    projects.set(id, project)
    return project
  }

  const find = (identifier: string): Project | undefined => projects.get(readId(identifier))

  function get(identifier: string): Project {
    const project = find(identifier)
    if (!project) throw new BedrockError('ResourceNotFoundException', projectMessages.unknown(identifier))
    return project
  }

  function replace(identifier: string, change: Partial<Project>): Project {
    const project = get(identifier)
    if (project.status === 'archived') throw new BedrockError('ConflictException', projectMessages.archived(project.id))
    const changed = { ...project, ...change }
    projects.set(project.id, changed)
    return changed
  }

  add(DEFAULT_PROJECT, 'Default project', 'inherit')
  return {
    create: (name, mode) => add(`proj_${randomUUID().replaceAll('-', '').slice(0, 16)}`, name, mode),
    list: () => [...projects.values()],
    get,
    find,
    change: replace,
    archive(identifier) {
      if (readId(identifier) === DEFAULT_PROJECT) throw validationError(projectMessages.isDefault)
      return replace(identifier, { status: 'archived', archivedAt: now() })
    },
  }
}

function readId(identifier: string): string {
  return identifier.slice(identifier.lastIndexOf('/') + 1)
}

/**
 * Checks the project of an inference request; undefined is the default project. A project that was not made here is
 * accepted: a program's own project exists in its account only. ValidationException for an archived project, and for an
 * application inference profile in another project than the default one.
 */
export function requireProject(projects: Projects, identifier: string | undefined, model: Model): void {
  requireShape(identifier === undefined ? {} : { projectIdentifier: identifier }, projectShape, describeForService)
  if (identifier === undefined || readId(identifier) === DEFAULT_PROJECT) return
  if (model.isApplicationProfile) throw validationError(projectMessages.applicationProfile)
  const project = projects.find(identifier)
  if (project?.status === 'archived') throw validationError(projectMessages.archived(project.id))
}

const projectShape = structure({ projectIdentifier })
