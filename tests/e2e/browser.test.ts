import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { hasChromium, launchBrowser, type OpenPage, openPage, testInBrowserOf } from '../support/browser.ts'
import { ONE_PAGE_PDF } from '../support/media.ts'
import { type RunningStack, type StackOptions, startStack } from '../support/start-stack.ts'

const testInBrowser = testInBrowserOf('browser.test.ts')

const NOVA = 'us.amazon.nova-lite-v1:0'
const UPLOAD_BYTES = 20_000_000

const readDocument = (name: string) => readFileSync(join(import.meta.dirname, '..', '..', 'docs', name), 'utf8')

/** Functions for pages from docs/clients.md and docs/speech.md, unchanged. */
const DOCUMENTED = [
  ...readDocument('clients.md')
    .split(/^## /m)
    .filter((section) => section.startsWith('Pages\n')),
  readDocument('speech.md'),
]
  .flatMap((text) => [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, block]) => block))
  .join('\n')

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Pages</title>
<link rel="icon" href="data:,">
<input type="file">
<p id="shown"></p>
<script>${DOCUMENTED}
  const shown = document.querySelector('#shown')
  const textOf = ({ output }) => output.message.content.map(({ text }) => text).join('')
</script>`

let site: Server
let origin: string
let browser: Browser
const stacks: RunningStack[] = []

beforeAll(async () => {
  if (!hasChromium) return
  site = createServer((_, response) => response.setHeader('content-type', 'text/html').end(PAGE))
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  browser = await launchBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await Promise.all(stacks.map((stack) => stack.stop()))
  site?.close()
})

async function start(options: readonly string[] = [], allowed = origin): Promise<RunningStack> {
  const parameters: StackOptions = {
    arguments: [...options, '--parameter-overrides', `CorsAllowOrigin=${allowed}`],
  }
  const stack = await startStack(parameters)
  stacks.push(stack)
  return stack
}

const open = (): Promise<OpenPage> => openPage(browser, origin)

/** Runs a script in the page with `parameters` as its variables. */
function run<Result>(page: Page, parameters: Readonly<Record<string, string>>, script: string): Promise<Result> {
  const names = Object.keys(parameters).join(', ')
  return page.evaluate(`(async ({ ${names} }) => { ${script} })(${JSON.stringify(parameters)})`)
}

testInBrowser(
  'a page of another origin uploads 20 MB, asks about them, runs a job, shows its output and streams a chat',
  async () => {
    const { api, functionUrl } = await start()
    const { page, problems, hosts } = await open()
    const model = encodeURIComponent(NOVA)

    const buffer = Buffer.concat([ONE_PAGE_PDF, Buffer.alloc(UPLOAD_BYTES - ONE_PAGE_PDF.length, '%')])
    await page.locator('input').setInputFiles({ name: 'report.pdf', mimeType: 'application/pdf', buffer })
    const uri = await run<string>(page, { api }, `return upload(api, document.querySelector('input').files[0])`)
    expect(uri).toMatch(/^s3:\/\/local-jobsbucket\/uploads\//)

    const question = `const content = [
      { text: 'What is it about?' },
      { document: { format: 'pdf', name: 'report', source: { s3Location: { uri } } } }]
      const messages = [{ role: 'user', content }]`
    await run(
      page,
      { api, model, uri },
      `${question}
      shown.textContent = textOf(await readJson(await post(api + '/model/' + model + '/converse', { messages })))`,
    )
    expect(await page.locator('#shown').textContent()).toContain(`I received a PDF document "report" from ${uri}`)

    await run(
      page,
      { api, modelId: NOVA, uri },
      `${question}
      shown.textContent = 'Job: ' + textOf(await runJob(api, { modelId, input: { converse: { messages } } }))`,
    )
    expect(await page.locator('#shown').textContent()).toMatch(/^Job: .*I received a PDF document "report" from s3:/)

    const pieces = await run<number>(
      page,
      { url: `${functionUrl}/model/${model}/converse-stream` },
      `let pieces = 0
      shown.textContent = ''
      const messages = [{ role: 'user', content: [{ text: 'What is the capital of France?' }] }]
      await chat(url, { messages }, (text) => { pieces += 1; shown.append(text) })
      return pieces`,
    )
    expect(pieces).toBeGreaterThan(1)
    expect(await page.locator('#shown').textContent()).toBe('The capital of France is Paris.')

    expect(problems).toEqual([])
    expect([...hosts]).toEqual(['127.0.0.1'])
  },
  60_000,
)

testInBrowser(
  'a page shows why a function URL, which calls it Message, refuses its request',
  async () => {
    const { functionUrl } = await start(['--auth', 'iam'])
    const { page } = await open()
    const reason = await run<string>(
      page,
      { url: `${functionUrl}/model/${NOVA}/converse-stream` },
      `return chat(url, { messages: [] }, () => {}).then(() => 'answered', ({ message }) => message)`,
    )
    expect(reason).toMatch(/^Forbidden\. /)
  },
  60_000,
)

testInBrowser(
  'a page of an origin that CorsAllowOrigin does not name can neither call nor upload nor download',
  async () => {
    const { api, s3 } = await start([], 'https://app.example.com')
    const { page } = await open()
    for (const script of [
      'await post(api + "/uploads", {})',
      'await fetch(s3 + "/local-jobsbucket/uploads/x", { method: "PUT", body: "x" })',
      'await fetch(s3 + "/local-jobsbucket/output/x")',
    ]) {
      await expect(run(page, { api, s3 }, script)).rejects.toThrow(/Failed to fetch/)
    }
  },
  60_000,
)

testInBrowser(
  'a page sends what the microphone hears and plays the answer',
  async () => {
    const { functionUrl } = await start()
    const { page, problems } = await open()

    // The fake microphone beeps once a second.
    const [transcript, text, seconds] = await run<[string, string, number]>(
      page,
      { url: `${functionUrl}/model/amazon.nova-2-sonic-v1:0/converse-audio` },
      `const stop = await record()
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const said = { user: '', assistant: '' }
      const seconds = await talk(url, await stop(), (role, text) => { said[role] += text })
      return [said.user, said.assistant, seconds]`,
    )

    expect(transcript).toMatch(/^speech of \d\.\d seconds$/)
    expect(text).not.toBe('')
    expect(seconds).toBeGreaterThan(1)
    expect(problems).toEqual([])
  },
  60_000,
)
