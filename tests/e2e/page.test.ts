import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { hasChromium, launchBrowser, type OpenPage, openPage, testInBrowserOf } from '../support/browser.ts'
import { ask, lastAnswer, promptBox, RECORDS_FILE, violations } from '../support/page.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const testInBrowser = testInBrowserOf('page.test.ts')

let stack: RunningStack
let browser: Browser

beforeAll(async () => {
  stack = await startStack()
  if (hasChromium) browser = await launchBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await stack.stop()
})

const open = (options: Parameters<typeof openPage>[2] = {}): Promise<OpenPage> =>
  openPage(browser, stack.api.replace('127.0.0.1', 'localhost'), options)

testInBrowser.each([400, 1400])(
  'chat, jobs, workflow and activity are usable by keys and clicks at %i px, without a violation of axe, dark and light',
  async (width) => {
    const { page, problems, hosts } = await open({ viewport: { width, height: 900 } })
    await ask(page, 'What is the capital of France?')
    expect(await lastAnswer(page).textContent()).toMatch(/Paris.*tokens in.*\$0\.0/)
    expect(await violations(page)).toEqual([])

    await page.getByRole('link', { name: 'Jobs' }).press('Enter')
    await page.getByRole('textbox', { name: 'Prompt of the job' }).fill('Write a story')
    await page.getByRole('button', { name: 'Start', exact: true }).press('Enter')
    await page.locator('[aria-pressed=true] b', { hasText: 'Completed' }).waitFor()
    await page.getByRole('definition').filter({ hasText: 'output.json' }).waitFor()
    expect(await violations(page)).toEqual([])

    await page.getByLabel('Start from a .jsonl file').setInputFiles(RECORDS_FILE)
    await page
      .getByText(/Completed.*1 of 1 records, 0 errors/)
      .first()
      .waitFor()
    expect(await violations(page)).toEqual([])

    await page.getByRole('link', { name: 'Workflow' }).press('Enter')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('"status": "Completed"').first().waitFor()
    await page.getByRole('img', { name: /This run entered .*ConverseDirectly/ }).waitFor()
    await page.getByText('ConverseDirectly Task').click()
    await page.getByText('Output of ConverseDirectly').waitFor()
    expect(await violations(page)).toEqual([])

    await page.getByRole('link', { name: 'Activity' }).press('Enter')
    await page
      .getByRole('button', { name: /converse-stream/ })
      .first()
      .click()
    await page.getByText('Time in Bedrock').waitFor()
    await page.getByRole('row', { name: /claude-sonnet-4-6/ }).waitFor()
    expect(await violations(page)).toEqual([])

    // Nothing but the list of jobs may be wider than a small screen.
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    expect(problems).toEqual([])
    expect([...hosts]).toEqual(expect.not.arrayContaining([expect.not.stringMatching(/^(localhost|127\.0\.0\.1)$/)]))
    await page.close()
  },
  60_000,
)

testInBrowser(
  'a chat keeps its turns, answers with tools, shows reasoning apart and compares two models',
  async () => {
    const { page, problems } = await open()
    await page.getByText('System text, parameters and tools').click()
    const tool = { toolSpec: { name: 'weather', inputSchema: { json: { type: 'object', properties: {} } } } }
    await page.getByLabel(/^Tools/).fill(JSON.stringify([tool]))
    await page.getByLabel('Max tokens').fill('4000')
    await page.getByLabel(/^Additional fields/).fill('{"thinking":{"type":"enabled","budget_tokens":1024}}')
    await ask(page, 'Which weather? [emulator:tool=weather]')
    expect(await lastAnswer(page).textContent()).toContain('Uses weather')
    await page.getByLabel('Result of weather').fill('Sunny')
    await page.getByRole('button', { name: 'Send results' }).click()
    await page.getByRole('article', { name: 'Answer' }).nth(1).waitFor()
    await page.getByText('Reasoning', { exact: true }).first().waitFor()

    await page.getByRole('button', { name: 'New chat' }).click()
    await page.getByLabel(/^Tools/).fill('')
    await page.getByLabel(/^Additional fields/).fill('')
    await page.getByLabel('Compare two models').check()
    await ask(page, 'Hello')
    await page.getByText('The answer is complete').nth(1).waitFor()
    expect(await page.getByRole('region', { name: /^Conversation with/ }).count()).toBe(2)
    expect(problems).toEqual([])
    await page.close()
  },
  60_000,
)

testInBrowser(
  'a stream stops at the button, and a fault shows its name',
  async () => {
    const { page } = await open()
    await promptBox(page).fill('Slowly [emulator:tokens=1000] [emulator:rate=20]')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('article .text', { hasText: /\w/ }).nth(1).waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('The answer ended with Stopped.').waitFor()
    await page.getByText('Faults of the emulator').click()
    await page.getByRole('button', { name: 'exception=throttlingException@3' }).click()
    await page.keyboard.press('Enter')
    await page.getByText('The answer ended with throttlingException.').waitFor()
    await page.close()
  },
  60_000,
)

const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '<script>document.title=1</script>',
  '</script><script>document.title=1</script>',
  'data:text/html,<script>document.title=1</script>',
  '&lt;b&gt; &#60;',
]

testInBrowser(
  'text of a model stays text: HTML, scripts, control characters and changes of direction',
  async () => {
    const { page, problems } = await open()
    await ask(page, `[emulator:say=${HOSTILE.join(' ')} \u202eabc\u0007]`)
    const text = (await lastAnswer(page).locator('.text').textContent()) ?? ''
    for (const hostile of HOSTILE) expect(text).toContain(hostile)
    expect(text).toContain('\\u202eabc\\u0007')
    expect(await page.title()).toBe('bedrock-functions')
    expect(problems).toEqual([])
    await page.close()
  },
  60_000,
)

testInBrowser(
  'a long answer has few elements',
  async () => {
    const { page } = await open()
    await page.getByText('System text, parameters and tools').click()
    await page.getByLabel('Max tokens').fill('20000')
    await ask(page, 'Go on [emulator:tokens=20000]')
    // The page's policy lets no test poll inside of it. The rest of a fast answer is drawn frame by frame.
    while (((await lastAnswer(page).locator('.text').textContent()) ?? '').length < 80_000);
    expect(await lastAnswer(page).locator('*').count()).toBeLessThan(100)
    await page.getByText(/^Raw events/).click()
    expect(await page.getByRole('region', { name: 'Raw events' }).getByRole('listitem').count()).toBeLessThan(40)
    await page.close()
  },
  60_000,
)

/** Script before the page: routes that begin with a key answer with its value. Activity is a stream, which does not end. */
const answering = (answers: Readonly<Record<string, unknown>>, activity: string) => `
  const answers = ${JSON.stringify(answers)}
  const entries = ${activity}
  const send = window.fetch
  window.fetch = async (url, options) => {
    const route = new URL(url).pathname + new URL(url).search
    if (route.startsWith('/_local/activity')) {
      const text = 'data: ' + JSON.stringify(entries) + '\\n\\n'
      return new Response(new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(text)) }))
    }
    const name = Object.keys(answers).find((start) => route.startsWith(start))
    if (name === undefined) return send(url, options)
    window.dispatchEvent(new Event('answered ' + name))
    return Response.json(answers[name])
  }`

/** Texts of a stranger in a member of an answer; none of them may run, hide or turn anything. */
const HOSTILE_TEXT = `${HOSTILE.join(' ')} \u202eabc\u0007`

testInBrowser(
  'texts of jobs, batches, the workflow, requests and usage stay texts',
  async () => {
    const job = {
      invocationArn: HOSTILE_TEXT,
      modelArn: `arn/${HOSTILE_TEXT}`,
      status: HOSTILE_TEXT,
      submitTime: '2026-11-27T00:00:00Z',
      failureMessage: HOSTILE_TEXT,
      outputs: [{ s3Uri: HOSTILE_TEXT, url: 'https://127.0.0.1/' }],
    }
    const batch = {
      jobArn: HOSTILE_TEXT,
      jobName: HOSTILE_TEXT,
      status: HOSTILE_TEXT,
      submitTime: '2026-11-27T00:00:00Z',
      message: HOSTILE_TEXT,
      route: HOSTILE_TEXT,
      routeReason: HOSTILE_TEXT,
      outputDataConfig: { s3OutputDataConfig: { s3Uri: HOSTILE_TEXT } },
    }
    const record = {
      message: HOSTILE_TEXT,
      operation: HOSTILE_TEXT,
      modelId: HOSTILE_TEXT,
      caller: HOSTILE_TEXT,
      durationMs: 1,
      gatewayRequestId: 'request-1',
      bedrockRequestId: HOSTILE_TEXT,
    }
    const trace = [
      {
        state: HOSTILE_TEXT,
        type: HOSTILE_TEXT,
        durationMs: 1,
        retries: 0,
        error: HOSTILE_TEXT,
        input: { [HOSTILE_TEXT]: HOSTILE_TEXT },
      },
    ]
    const entries = [
      { kind: 'log', id: 1, time: 1, functionName: HOSTILE_TEXT, record },
      {
        kind: 'request',
        id: 2,
        time: 1,
        requestId: 'request-1',
        method: HOSTILE_TEXT,
        rawPath: HOSTILE_TEXT,
        statusCode: 200,
        durationMs: 1,
        functionName: HOSTILE_TEXT,
        failure: HOSTILE_TEXT,
        hint: HOSTILE_TEXT,
      },
      {
        kind: 'execution',
        id: 3,
        time: 1,
        stateMachineName: 'InferenceWorkflow',
        status: HOSTILE_TEXT,
        durationMs: 1,
        trace,
      },
    ]
    const sums = { calls: 1, errors: 0, cached: 0, unpriced: 0, estimated: 0, inputTokens: 1, outputTokens: 1, usd: 1 }
    const script = answering(
      {
        '/async-invoke?': { asyncInvokeSummaries: [{ ...job, invocationArn: 'job' }] },
        '/async-invoke/': job,
        '/model-invocation-jobs': { invocationJobSummaries: [batch] },
        '/workflow': { [HOSTILE_TEXT]: HOSTILE_TEXT },
        '/usage?': { caller: HOSTILE_TEXT, from: '', to: '', total: sums, usage: [{ ...sums, day: HOSTILE_TEXT }] },
        '/usage/callers': { month: HOSTILE_TEXT, callers: [{ ...sums, caller: HOSTILE_TEXT }] },
      },
      JSON.stringify(entries),
    )
    const { page, problems } = await open({ script })
    const check = async (minimum: number) => {
      const text = await page.locator('main > :not([hidden])').innerText()
      expect(text.split('&lt;b&gt; &#60;').length - 1).toBeGreaterThanOrEqual(minimum)
      expect(text.match(/[^\P{Cc}\t\n]|\u202e/gu)).toBeNull()
      expect(await page.locator('main script, main img, main b > *').count()).toBe(0)
    }

    await page.getByRole('link', { name: 'Jobs' }).click()
    await page
      .getByRole('region', { name: /^Jobs, newest/ })
      .getByRole('button')
      .click()
    await page.getByRole('term').filter({ hasText: 'Reason' }).waitFor()
    await page.locator('.batches summary').click()
    await check(11)

    await page.getByRole('link', { name: 'Workflow' }).click()
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByRole('region', { name: 'Result' }).waitFor()
    await page.locator('.steps summary').click()
    await check(8)

    await page.getByRole('link', { name: 'Activity' }).click()
    await page.getByRole('region', { name: 'Requests, newest first' }).getByRole('button').click()
    await page.getByText('Request id of Bedrock').waitFor()
    await check(12)

    await page.getByRole('link', { name: 'Usage' }).click()
    await page.getByRole('button', { name: 'Show all callers' }).click()
    await page.getByRole('table').nth(1).waitFor()
    await check(4)

    expect(await page.title()).toBe('bedrock-functions')
    expect(problems).toEqual([])
    await page.close()
  },
  60_000,
)

const FIRST_JOBS = '/async-invoke?maxResults=100&sortOrder=Descending'

/** CPU time of one scroll of a list, with the drawing of it. A frame has 16 ms. */
const MAX_SCROLL_CPU_MS = 50

testInBrowser(
  '1,000 jobs and 10,000 requests scroll with few elements and little work',
  async () => {
    const jobs = Array.from({ length: 1000 }, (_, index) => ({
      invocationArn: `job-${index}`,
      status: index === 0 ? 'InProgress' : 'Completed',
      submitTime: '2026-11-27T00:00:00Z',
    }))
    const pages = Array.from({ length: 10 }, (_, index) => [
      index === 0 ? FIRST_JOBS : `${FIRST_JOBS}&nextToken=${index}`,
      {
        asyncInvokeSummaries: jobs.slice(100 * index, 100 * index + 100),
        ...(index < 9 && { nextToken: `${index + 1}` }),
      },
    ])
    const activity = `Array.from({ length: 10_000 }, (_, index) => [
      { kind: 'bedrock', id: 3 * index + 1, time: 1, requestId: 'bedrock-' + index, durationMs: 5 },
      { kind: 'log', id: 3 * index + 2, time: 1, functionName: 'InvokeFunction', record: { operation: 'Converse', durationMs: 8,
        gatewayRequestId: 'request-' + index, bedrockRequestId: 'bedrock-' + index, modelId: 'model-' + index % 7 } },
      { kind: 'request', id: 3 * index + 3, time: 1, requestId: 'request-' + index, method: 'POST', rawPath: '/x', durationMs: 9 },
    ]).flat()`
    const { page } = await open({ script: answering(Object.fromEntries(pages.reverse()), activity) })
    const devTools = await page.context().newCDPSession(page)
    // CPU time of the thread: other processes do not count.
    await devTools.send('Performance.enable', { timeDomain: 'threadTicks' })
    const cpuMs = async () => {
      const { metrics } = await devTools.send('Performance.getMetrics')
      return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
    }
    const scrollThrough = async (name: string, height: number) => {
      const list = page.getByRole('region', { name })
      const before = await cpuMs()
      for (let step = 1; step <= 20; step += 1) {
        await page.evaluate(`new Promise((resolve) => {
          document.querySelector('[aria-label="${name}"]').scrollTop = ${Math.round((step * height) / 20)}
          requestAnimationFrame(() => requestAnimationFrame(resolve))
        })`)
      }
      expect((await cpuMs()) - before).toBeLessThan(20 * MAX_SCROLL_CPU_MS)
      expect(await list.getByRole('listitem').count()).toBeLessThan(40)
    }

    await page.getByRole('link', { name: 'Activity' }).click()
    await page.getByRole('heading', { name: 'Requests (10000)' }).waitFor()
    await scrollThrough('Requests, newest first', 440_000)

    await page.getByRole('link', { name: 'Jobs' }).click()
    for (let loaded = 200; loaded <= 1000; loaded += 100) {
      await page.getByRole('button', { name: 'Load more' }).click()
      await page.locator(`ul[style*="${32 * loaded}px"]`).waitFor()
    }
    // The running job is asked about again, and the others stay.
    await page.evaluate(`new Promise((resolve) => addEventListener('answered ${FIRST_JOBS}', resolve, { once: true }))`)
    await scrollThrough('Jobs, newest first', 32_000)
    await page.getByRole('button', { name: /job-999$/ }).waitFor()
    await page.close()
  },
  60_000,
)

testInBrowser(
  'the shown requests run: curl and the SDK for JavaScript',
  async () => {
    const { page } = await open()
    await ask(page, "What's 1 + 1?")
    await page.getByText('Show request').click()
    const snippet = async (language: string) => {
      await page.getByLabel('Language').selectOption(language)
      return (await page.getByRole('region', { name: `Request in ${language}` }).textContent()) ?? ''
    }
    const run = promisify(execFile)
    expect((await run('bash', ['-c', await snippet('curl')])).stdout).toContain('event: messageStop')
    const script = ['--input-type=module', '--eval', await snippet('JavaScript')]
    expect((await run(process.execPath, script, { cwd: ROOT })).stdout).toContain('text:')
    expect(await snippet('openai')).toContain('"What\'s 1 + 1?"')
    await page.close()
  },
  60_000,
)

test('the page and its local routes answer only a browser of this machine', async () => {
  const page = await fetch(stack.api, { headers: { accept: 'text/html' } })
  expect(page.status).toBe(200)
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'sha256-/)
  expect((await fetch(stack.api)).status).toBe(403)
  expect((await fetch(`${stack.api}/_local/stack`)).status).toBe(200)
  const otherName = await promisify(execFile)('curl', [
    ...['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'host: evil.example'],
    `${stack.api}/_local/stack`,
  ])
  expect(otherName.stdout).toBe('403')
})
