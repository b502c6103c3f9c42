import {
  CLAUDE,
  type JsonReply,
  NOVA,
  post,
  type RunningEmulator,
  readErrorType,
  startEmulator,
  userMessage,
} from './support.ts'

let emulator: RunningEmulator
beforeEach(async () => {
  emulator = await startEmulator({ accountId: '111122223333', region: 'eu-west-1' })
})
afterEach(() => emulator.close())

async function get(path: string): Promise<JsonReply> {
  const response = await fetch(`${emulator.url}${path}`)
  return { status: response.status, headers: response.headers, body: await response.json() }
}

const create = async (body: object) => (await post(emulator.url, '/projects', body)).body

const HEADER = 'x-amzn-bedrock-projectidentifier'
const PROFILE = encodeURIComponent('arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc')
const messages = [userMessage('Hi')]
const native = { schemaVersion: 'messages-v1', messages }

describe('the control plane', () => {
  test('creates, gets, lists, updates and archives a project', async () => {
    const project = await create({
      name: 'Team A',
      tags: [{ key: 'team', value: 'a' }],
      dataRetention: { mode: 'none' },
    })
    const path = `/projects/${project.id}`

    expect(project).toEqual({
      id: expect.stringMatching(/^proj_[a-z0-9]+$/),
      arn: `arn:aws:bedrock:eu-west-1:111122223333:project/${project.id}`,
      name: 'Team A',
      status: 'active',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      dataRetention: { mode: 'none' },
    })
    expect((await get(`/projects/${encodeURIComponent(project.arn)}`)).body).toEqual(project)
    expect((await post(emulator.url, path, { name: 'Team B' })).body).toEqual({ ...project, name: 'Team B' })
    const archived = (await post(emulator.url, `${path}/archive`, {})).body
    expect(archived).toMatchObject({ name: 'Team B', status: 'archived', archivedAt: expect.any(String) })
    const { projectSummaries } = (await get('/projects?statusFilter=archived')).body
    expect(projectSummaries).toEqual([archived])
  })

  test('lists the default project first, in pages', async () => {
    for (const name of ['one', 'two']) await create({ name })
    const first = (await get('/projects?maxResults=2')).body
    const second = (await get(`/projects?maxResults=2&nextToken=${first.nextToken}`)).body

    const names = [...first.projectSummaries, ...second.projectSummaries].map(({ name }: { name: string }) => name)
    expect(names).toEqual(['Default project', 'one', 'two'])
    expect(first.projectSummaries[0]).toMatchObject({ id: 'default', dataRetention: { mode: 'inherit' } })
    expect(second.nextToken).toBeUndefined()
  })

  test('accepts a project in its lists', async () => {
    expect((await get('/foundation-models?projectIdentifier=default')).status).toBe(200)
    expect((await get('/inference-profiles?projectIdentifier=a%20b')).status).toBe(400)
  })

  test.each<[string, string, object, number, string, RegExp]>([
    ['no name', '/projects', {}, 400, 'ValidationException', /'name' failed to satisfy constraint/],
    ['a blank name', '/projects', { name: ' ' }, 400, 'ValidationException', /at 'name'/],
    [
      'a mode',
      '/projects',
      { name: 'a', dataRetention: { mode: 'all' } },
      400,
      'ValidationException',
      /enum value set/,
    ],
    ['an unknown project', '/projects/proj_x', { name: 'a' }, 404, 'ResourceNotFoundException', /project proj_x/],
    ['an empty update', '/projects/default', {}, 400, 'ValidationException', /found: \[\]/],
    ['the default project', '/projects/default/archive', {}, 400, 'ValidationException', /cannot be archived/],
  ])('refuses %s', async (_name, path, body, status, type, message) => {
    const reply = await post(emulator.url, path, body)

    expect(reply.body.message).toMatch(message)
    expect(reply.status).toBe(status)
    expect(reply.headers.get('x-amzn-errortype')).toBe(type)
  })

  test('refuses a change of an archived project', async () => {
    const { id } = await create({ name: 'a' })
    await post(emulator.url, `/projects/${id}/archive`, {})
    const reply = await post(emulator.url, `/projects/${id}`, { name: 'b' })

    expect(reply.headers.get('x-amzn-errortype')).toBe('ConflictException')
  })
})

const project = 'proj_abc'
const calls = (model: string, identifier: string) =>
  [
    ['converse', { messages, projectIdentifier: identifier }, {}],
    ['converse-stream', { messages, projectIdentifier: identifier }, {}],
    ['invoke', native, { [HEADER]: identifier }],
    ['invoke-with-response-stream', native, { [HEADER]: identifier }],
  ].map(([operation, body, headers]) => ({ path: `/model/${model}/${operation}`, body, headers }))

async function send(model: string, identifier: string): Promise<Response[]> {
  return Promise.all(
    calls(model, identifier).map(({ path, body, headers }) =>
      fetch(`${emulator.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
        body: JSON.stringify(body),
      }),
    ),
  )
}

describe('every operation of inference', () => {
  test.each(['default', project, `arn:aws:bedrock:us-east-1:123456789012:project/${project}`])(
    'accepts the project %s and repeats it',
    async (identifier) => {
      for (const response of await send(NOVA, identifier)) {
        expect(response.status).toBe(200)
        expect(response.headers.get(HEADER)).toBe(identifier)
        await response.arrayBuffer()
      }
    },
  )

  test.each<[string, string, string, RegExp]>([
    ['a malformed project', NOVA, 'a b', /'projectIdentifier' failed to satisfy constraint/],
    ['an application profile in a project', PROFILE, project, /^Application inference profiles are not supported/],
  ])('refuses %s', async (_name, model, identifier, message) => {
    for (const response of await send(model, identifier)) {
      expect(response.status).toBe(400)
      expect(readErrorType(response.headers)).toBe('ValidationException')
      expect(await response.json()).toEqual({ message: expect.stringMatching(message) })
    }
  })

  test('serves an application profile in the default project', async () => {
    for (const response of await send(PROFILE, 'default')) {
      expect(response.status).toBe(200)
      await response.arrayBuffer()
    }
  })

  test('refuses an archived project, by its id and its ARN', async () => {
    const { id, arn } = await create({ name: 'old' })
    await post(emulator.url, `/projects/${id}/archive`, {})

    for (const identifier of [id, arn]) {
      const reply = await post(emulator.url, `/model/${CLAUDE}/converse`, { messages, projectIdentifier: identifier })
      expect(reply.status).toBe(400)
      expect(reply.body.message).toBe(`The project ${id} is archived. Use an active project.`)
    }
  })
})
