import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

/** Path of the browser in Debian. npm does not install one. */
const CHROMIUM = '/usr/bin/chromium'

export const hasChromium = existsSync(CHROMIUM)

/** `test`, or `test.skip` where there is no browser, which the suite then says on stderr. */
export function testInBrowserOf(file: string): jest.It {
  if (hasChromium) return test
  process.stderr.write(`${file} is skipped: there is no ${CHROMIUM} (apt-get install chromium)\n`)
  return test.skip
}

/** Starts the browser. It reaches 127.0.0.1 only, and `localhost` as a name of it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    // Playwright adds --headless, --no-sandbox, --no-first-run and a new --user-data-dir.
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  })
}

export interface OpenPage {
  readonly page: Page
  /** Errors that the browser reported. */
  readonly problems: readonly string[]
  /** Hosts to which the browser sent requests. */
  readonly hosts: ReadonlySet<string>
}

/** Opens an address in a new page. `script` runs before those of the page. */
export async function openPage(
  browser: Browser,
  url: string,
  { script, ...options }: Parameters<Browser['newPage']>[0] & { readonly script?: string } = {},
): Promise<OpenPage> {
  const page = await browser.newPage(options)
  if (script !== undefined) await page.addInitScript(script)
  const problems: string[] = []
  const hosts = new Set<string>()
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('request', (request) => hosts.add(new URL(request.url()).hostname))
  await page.goto(url)
  return { page, problems, hosts }
}
