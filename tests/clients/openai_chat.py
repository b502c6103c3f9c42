"""OpenAI's client and LangChain in Python, against the front door for chat completions. Needs agents.txt, and the variables
OPENAI_BASE_URL and OPENAI_API_KEY."""

import json
import sys
import unittest

import openai
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

CLAUDE = "claude-haiku-4-5"
MODELS = [CLAUDE, "claude-sonnet-5", "nova-lite", "llama3-3-70b-instruct", "mistral-large", "gpt-oss"]
# Models that follow a schema. The others are only told of it, and the emulator follows no instructions.
WITH_SCHEMAS = [model for model in MODELS if not model.startswith("llama")]

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}]

client = openai.OpenAI(max_retries=0)


class City(BaseModel):
    name: str
    people: int


class ChatCompletions(unittest.TestCase):
    def test_text_and_stream(self):
        for model in MODELS:
            answer = client.chat.completions.create(model=model, messages=QUESTION)
            self.assertIn("Paris", answer.choices[0].message.content)
            options = {"include_usage": True}
            with client.chat.completions.stream(model=model, messages=QUESTION, stream_options=options) as stream:
                streamed = stream.get_final_completion()
            self.assertIn("Paris", streamed.choices[0].message.content)
            self.assertGreater(streamed.usage.total_tokens, 0)

    def test_tools_in_two_turns(self):
        for model in MODELS:
            messages = [{"role": "user", "content": "What is the weather in Paris?"}]
            answer = client.chat.completions.create(model=model, messages=messages, tools=TOOLS)
            message = answer.choices[0].message
            call = message.tool_calls[0]
            self.assertEqual(json.loads(call.function.arguments), {"city": "Paris"})
            result = {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}
            answer = client.chat.completions.create(model=model, messages=[*messages, message, result], tools=TOOLS)
            self.assertIn("21 degrees", answer.choices[0].message.content)

    def test_reasoning_comes_back_with_its_signature(self):
        messages = [{"role": "user", "content": "What is the weather in Paris?"}]
        request = {"model": CLAUDE, "tools": TOOLS, "reasoning_effort": "low", "max_completion_tokens": 4000}
        message = client.chat.completions.create(messages=messages, **request).choices[0].message
        self.assertNotEqual(message.reasoning_content, "")
        result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "21 degrees"}
        raw = client.chat.completions.with_raw_response.create(messages=[*messages, message, result], **request)
        self.assertIsNone(raw.headers.get("x-bedrock-functions-dropped"))

    def test_structured_output(self):
        for model in WITH_SCHEMAS:
            messages = [{"role": "user", "content": "Describe Paris"}]
            answer = client.chat.completions.parse(model=model, messages=messages, response_format=City)
            self.assertEqual(answer.choices[0].message.parsed.name, "Paris")

    def test_embeddings(self):
        for model in ["titan-embed", "cohere.embed-v4:0", "amazon.nova-2-multimodal-embeddings-v1:0"]:
            self.assertEqual(len(client.embeddings.create(model=model, input=["Mount Fuji", "bread"]).data), 2)

    def test_classes_of_errors(self):
        faults = {
            "[emulator:error=ThrottlingException]": openai.RateLimitError,
            "[emulator:error=AccessDeniedException]": openai.PermissionDeniedError,
            "[emulator:error=InternalServerException]": openai.InternalServerError,
            "": openai.BadRequestError,
        }
        for content, error in faults.items():
            with self.assertRaises(error):
                client.chat.completions.create(model=CLAUDE, messages=[{"role": "user", "content": content}])

    def test_fault_in_a_stream(self):
        content = "Hello [emulator:exception=ThrottlingException@4]"
        messages = [{"role": "user", "content": content}]
        with self.assertRaises(openai.APIError):
            for _ in client.chat.completions.create(model=CLAUDE, messages=messages, stream=True):
                pass

    def test_langchain(self):
        for model in MODELS:
            chat = ChatOpenAI(model=model)
            self.assertIn("Paris", chat.invoke(QUESTION).content)
            self.assertIn("Paris", "".join(piece.content for piece in chat.stream(QUESTION)))
            self.assertEqual(chat.bind_tools(TOOLS).invoke("What is the weather in Paris?").tool_calls[0]["args"], {"city": "Paris"})
            if model in WITH_SCHEMAS:
                self.assertEqual(chat.with_structured_output(City).invoke("Describe Paris").name, "Paris")


if __name__ == "__main__":
    outcome = unittest.TextTestRunner(stream=sys.stdout).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    bad = len(outcome.failures + outcome.errors)
    print(f"Python: {outcome.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
