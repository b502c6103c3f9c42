"""Anthropic's client and LangChain in Python, against the front door for Messages. Needs agents.txt, and the variables
ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY."""

import sys
import unittest

import anthropic
from langchain_anthropic import ChatAnthropic

CLAUDE = "claude-haiku-4-5"
MODELS = [CLAUDE, "claude-sonnet-5", "nova-lite", "llama3-3-70b-instruct", "mistral-large", "gpt-oss"]

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"name": "get_weather", "description": "Weather", "input_schema": SCHEMA}]

client = anthropic.Anthropic(max_retries=0)


def ask(model, messages, **more):
    return client.messages.create(model=model, max_tokens=500, messages=messages, **more)


class Messages(unittest.TestCase):
    def test_text_and_stream(self):
        for model in MODELS:
            self.assertIn("Paris", ask(model, QUESTION).content[0].text)
            with client.messages.stream(model=model, max_tokens=500, messages=QUESTION) as stream:
                final = stream.get_final_message()
            self.assertIn("Paris", final.content[0].text)
            self.assertGreater(final.usage.output_tokens, 0)

    def test_tools_in_two_turns(self):
        for model in MODELS:
            messages = [{"role": "user", "content": "What is the weather in Paris?"}]
            answer = ask(model, messages, tools=TOOLS)
            use = next(block for block in answer.content if block.type == "tool_use")
            self.assertEqual(use.input, {"city": "Paris"})
            result = {"type": "tool_result", "tool_use_id": use.id, "content": "21 degrees"}
            history = [*messages, {"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}]
            self.assertIn("21 degrees", ask(model, history, tools=TOOLS).content[0].text)

    def test_counts_and_models(self):
        self.assertGreater(client.messages.count_tokens(model=CLAUDE, messages=QUESTION).input_tokens, 0)
        self.assertIn("claude-sonnet", [model.id for model in client.models.list(limit=1000)])

    def test_classes_of_errors(self):
        faults = {
            "[emulator:error=ThrottlingException]": anthropic.RateLimitError,
            "[emulator:error=AccessDeniedException]": anthropic.PermissionDeniedError,
            "[emulator:error=InternalServerException]": anthropic.InternalServerError,
            "": anthropic.BadRequestError,
        }
        for content, error in faults.items():
            with self.assertRaises(error):
                ask(CLAUDE, [{"role": "user", "content": content}])

    def test_fault_in_a_stream(self):
        messages = [{"role": "user", "content": "Hello [emulator:exception=ThrottlingException@4]"}]
        with self.assertRaises(anthropic.APIError):
            with client.messages.stream(model=CLAUDE, max_tokens=100, messages=messages) as stream:
                stream.get_final_message()

    def test_langchain(self):
        for model in MODELS:
            chat = ChatAnthropic(model=model, max_tokens=500)
            self.assertIn("Paris", str(chat.invoke(QUESTION).content))
            self.assertIn("Paris", "".join(str(piece.text) for piece in chat.stream(QUESTION)))
            call = chat.bind_tools(TOOLS).invoke("What is the weather in Paris?").tool_calls[0]
            self.assertEqual(call["args"], {"city": "Paris"})


if __name__ == "__main__":
    outcome = unittest.TextTestRunner(stream=sys.stdout).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    bad = len(outcome.failures + outcome.errors)
    print(f"Python: {outcome.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
