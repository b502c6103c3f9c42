#!/usr/bin/env bash
# Claude Code and Codex, from npm, do a task with a tool call against the front doors: the tool writes a file. Their settings
# are those of docs/front-doors.md.
# Usage: coding_agents.sh URL DIRECTORY, where DIRECTORY has both packages in node_modules.
set -u
url=$1 bin=$2/node_modules/.bin
page=$(cd "$(dirname "$0")/../.." && pwd)/docs/front-doors.md
work=$(mktemp -d) && cd "$work" || exit 1
passed=0 failed=0

# task NAME COMMAND…: runs an agent, which must have made the file of this name.
task() {
  local name=$1
  if timeout 120 "${@:2}" >log 2>&1 </dev/null && grep -q "made by $name" "$name.txt"; then
    echo "ok      $name" && passed=$((passed + 1))
  else
    echo "FAILED  $name" && tail -n 20 log && failed=$((failed + 1))
  fi
}

# prompt TOOL MEMBER NAME: a prompt with the emulator's directive for a tool that runs a command.
prompt() {
  echo "Make a file. [emulator:tool=$1 {\"$2\":\"echo made by $3 > $work/$3.txt\",\"description\":\"make\"}]"
}

# settings LANGUAGE TEXT: the block of the page that has the text, with the address of the stack.
settings() {
  awk -v start="\`\`\`$1" -v text="$2" '$0 == start { block = ""; next }
    /^```$/ { if (index(block, text)) printf "%s", block; block = "" } { block = block $0 "\n" }' "$page" |
    sed "s#http://127.0.0.1:3000#$url#"
}

# Claude on Bedrock's own door, and models of other families by Converse.
claude_code=$(settings sh ANTHROPIC_AUTH_TOKEN)
for model in claude-haiku-4-5 claude-sonnet-5 nova-pro mistral-large gpt-oss; do
  task "claude-code-$model" env IS_SANDBOX=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 CLAUDE_CONFIG_DIR="$work/claude" \
    bash -c "$claude_code"$'\n''exec "$@"' claude "$bin/claude" --model "$model" --dangerously-skip-permissions \
    -p "$(prompt Bash command "claude-code-$model")"
done
mkdir -p "$work/codex" && settings toml model_provider >"$work/codex/config.toml"
for model in claude-haiku-4-5 nova-pro mistral-large gpt-oss global.openai.gpt-5.6-sol; do
  task "codex-$model" env CODEX_HOME="$work/codex" OPENAI_API_KEY=local "$bin/codex" exec -m "$model" \
    --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox "$(prompt exec_command cmd "codex-$model")"
done
cd / && rm -rf "$work"
echo "Coding agents: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
