import type { ListedModel, ModelList } from '@bedrock-functions/runtime/models'
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ActivityView } from './activity.tsx'
import { callJson, setApiKey } from './api.ts'
import { Chat } from './chat.tsx'
import { Jobs } from './jobs.tsx'
import { toPlainText } from './plain-text.ts'
import { readStack, type Stack } from './stack.ts'
import { UsageView } from './usage.tsx'
import { useActivity } from './use-activity.ts'
import { describeError } from './use-stream.ts'
import { Workflow } from './workflow.tsx'

const VIEWS = { chat: 'Chat', jobs: 'Jobs', workflow: 'Workflow', usage: 'Usage', activity: 'Activity' } as const

type View = keyof typeof VIEWS

function App() {
  const [view, setView] = useState<View>(readView)
  const [stack, setStack] = useState<Stack>()
  const [models, setModels] = useState<readonly ListedModel[]>()
  const [problem, setProblem] = useState<string>()
  const entries = useActivity(stack?.isLocal ?? false)

  useEffect(() => {
    const show = () => setView(readView())
    window.addEventListener('hashchange', show)
    return () => window.removeEventListener('hashchange', show)
  }, [])

  async function loadModels() {
    try {
      setModels((await callJson<ModelList>('models')).models)
      setProblem(undefined)
    } catch (error) {
      const { type, message } = describeError(error)
      setProblem(`${type}: ${message}`)
    }
  }

  useEffect(() => {
    void readStack().then((facts) => {
      setStack(facts)
      if (facts.auth === 'open') void loadModels()
    })
  }, [])

  if (!stack) return null
  const views = (Object.keys(VIEWS) as View[]).filter((name) => stack.isLocal || name !== 'activity')
  const shown = views.includes(view) ? view : 'chat'
  return (
    <>
      <header>
        <h1>bedrock-functions</h1>
        <nav aria-label="Views">
          {views.map((name) => (
            <a key={name} href={`#${name}`} aria-current={name === shown ? 'page' : undefined}>
              {VIEWS[name]}
            </a>
          ))}
        </nav>
      </header>
      {/* Without a key no route answers. Each view stays, hidden, so that a chat survives a look at the jobs. */}
      <main>
        {stack.auth !== 'open' && <KeyForm auth={stack.auth} onKey={loadModels} />}
        {problem && (
          <p class="error top" role="alert">
            {toPlainText(problem)}
          </p>
        )}
        {models &&
          views.map((name) => (
            <div key={name} hidden={name !== shown}>
              {name === 'chat' && <Chat models={models} stack={stack} />}
              {name === 'jobs' && shown === 'jobs' && <Jobs models={models} />}
              {name === 'workflow' && <Workflow stack={stack} entries={entries} />}
              {name === 'usage' && shown === 'usage' && <UsageView />}
              {name === 'activity' && shown === 'activity' && <ActivityView entries={entries} />}
            </div>
          ))}
      </main>
    </>
  )
}

/** A field for the API key. The key stays in this tab's memory. */
function KeyForm({ auth, onKey }: { readonly auth: string; readonly onKey: () => unknown }) {
  if (auth === 'iam') {
    return (
      <p class="warning top">
        This stack wants signed requests (--auth iam), which a page cannot make. Start it with --auth key or without.
      </p>
    )
  }
  return (
    <form
      class="key"
      onSubmit={(event) => {
        event.preventDefault()
        setApiKey(String(new FormData(event.currentTarget).get('key') ?? '').trim())
        onKey()
      }}
    >
      <label>
        API key <input type="password" name="key" autocomplete="off" required />
      </label>
      <button type="submit">Use this key</button>
    </form>
  )
}

function readView(): View {
  const name = location.hash.slice(1)
  return name in VIEWS ? (name as View) : 'chat'
}

render(<App />, document.querySelector('#app') as HTMLElement)
