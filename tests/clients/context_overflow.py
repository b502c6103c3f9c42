"""boto3 and the frameworks above it, unmodified, against ENDPOINT: the API of `npm start`, or, with EMULATOR=1, the emulator. Each is
given a conversation above the context window of its model, and recognises the refusal and recovers from it as it does with
Bedrock. Run by .ci/run, which installs agents.txt."""

import asyncio
import json
import logging
import os
import sys
import unittest

import boto3
import botocore.config
import botocore.exceptions
import strands
import strands.models
import strands.types.exceptions
from langchain_aws import ChatBedrockConverse
from langchain_aws.chat_models.bedrock_converse import BedrockContextOverflowError
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, HumanMessage, trim_messages
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.models.bedrock import BedrockConverseModel
from pydantic_ai.providers.bedrock import BedrockProvider
from strands.agent.conversation_manager import NullConversationManager, SlidingWindowConversationManager

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
MICRO = "amazon.nova-micro-v1:0"
LLAMA = "meta.llama3-8b-instruct-v1:0"
R1 = "us.deepseek.r1-v1:0"
GPT_OSS = "openai.gpt-oss-120b-1:0"

RETURNED = "The model returned the following errors: "
# Tokens of a window, and what the model says of more.
REFUSALS = {
    HAIKU: (200_000, "prompt is too long: "),
    SONNET: (200_000, "Input is too long for requested model."),
    MICRO: (128_000, "Input Tokens Exceeded: Number of input tokens exceeds maximum length."),
    LLAMA: (8_192, "This model's maximum context length is 8192 tokens."),
    R1: (128_000, "Input is too long for requested model."),
    GPT_OSS: (131_072, "This model's maximum context length is 131072 tokens."),
}
# These refuse in ConverseStream after its status, as the only event.
LATE = [MICRO, LLAMA]
# What strands recognises.
KNOWN_TO_STRANDS = [HAIKU, SONNET, LLAMA, R1, GPT_OSS]


def words(tokens):
    return "word " * tokens


def history(model, turns=4):
    """Turns that are together longer than the window, each of them alone far shorter."""
    window, _ = REFUSALS[model]
    return [f"{turn} {words(window // (turns - 1))}" for turn in range(turns)]


def each(models):
    """Runs a test once for each of the models."""

    def decorate(function):
        def run(self):
            for model in models:
                with self.subTest(model):
                    function(self, model)

        return run

    return decorate


class Overflow(unittest.TestCase):
    def setUp(self):
        self.client = boto3.client("bedrock-runtime", **self.connection())
        self.addCleanup(self.client.close)

    def connection(self):
        return {
            "endpoint_url": os.environ["ENDPOINT"],
            "region_name": "us-east-1",
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
            "config": botocore.config.Config(retries={"max_attempts": 0}, read_timeout=60),
        }


class Boto3(Overflow):
    @staticmethod
    def messages(texts):
        turns = [[("user", text), ("assistant", "Yes")] for text in texts]
        pairs = [*[pair for turn in turns for pair in turn], ("user", "And now?")]
        return [{"role": role, "content": [{"text": text}]} for role, text in pairs]

    @each(REFUSALS)
    def test_converse(self, model):
        texts = history(model)
        with self.assertRaises(self.client.exceptions.ValidationException) as raised:
            self.client.converse(modelId=model, messages=self.messages(texts))
        self.assertEqual(raised.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        self.assertIn(RETURNED + REFUSALS[model][1], raised.exception.response["Error"]["Message"])
        answer = self.client.converse(modelId=model, messages=self.messages(texts[2:]))
        self.assertLess(answer["usage"]["inputTokens"], REFUSALS[model][0])

    @each([model for model in REFUSALS if model not in LATE])
    def test_converse_stream_is_refused_at_once(self, model):
        with self.assertRaises(self.client.exceptions.ValidationException) as raised:
            self.client.converse_stream(modelId=model, messages=self.messages(history(model)))
        self.assertIn(REFUSALS[model][1], str(raised.exception))

    @each(LATE)
    def test_converse_stream_is_refused_in_the_stream(self, model):
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            list(self.client.converse_stream(modelId=model, messages=self.messages(history(model)))["stream"])
        # The API waits for the first event, and sends its status.
        if os.environ.get("EMULATOR"):
            self.assertIsInstance(raised.exception, botocore.exceptions.EventStreamError)
        self.assertEqual(raised.exception.response["Error"]["Code"].lower(), "validationexception")
        self.assertIn(REFUSALS[model][1], str(raised.exception))

    def test_invoke_model(self):
        body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 10}
        body["messages"] = [{"role": "user", "content": words(200_001)}]
        with self.assertRaises(self.client.exceptions.ValidationException) as raised:
            self.client.invoke_model(modelId=HAIKU, body=json.dumps(body))
        self.assertRegex(
            raised.exception.response["Error"]["Message"], r"^prompt is too long: \d+ tokens > 200000 maximum$"
        )


class LangChain(Overflow):
    def model(self, model, **options):
        return ChatBedrockConverse(model=model, client=self.client, **options)

    @staticmethod
    def messages(texts):
        turns = [[HumanMessage(text), AIMessage("Yes")] for text in texts]
        return [*[message for turn in turns for message in turn], HumanMessage("And now?")]

    @each(REFUSALS)
    def test_invoke(self, model):
        messages = self.messages(history(model))
        chat = self.model(model)
        with self.assertRaises(ContextOverflowError) as raised:
            chat.invoke(messages)
        self.assertIsInstance(raised.exception, BedrockContextOverflowError)
        self.assertIsInstance(raised.exception, self.client.exceptions.ValidationException)
        count = lambda given: sum(len(message.content) // 5 for message in given)
        kept = trim_messages(messages, max_tokens=REFUSALS[model][0] // 2, token_counter=count, start_on="human")
        self.assertLess(len(kept), len(messages))
        self.assertTrue(chat.invoke(kept).content)

    @each(REFUSALS)
    def test_stream(self, model):
        with self.assertRaises(ContextOverflowError):
            list(self.model(model).stream(self.messages(history(model))))

    @each([HAIKU, LLAMA])
    def test_fallback_to_a_larger_window(self, model):
        larger = self.model("us.anthropic.claude-sonnet-4-6")
        chain = self.model(model).with_fallbacks([larger], exceptions_to_handle=(ContextOverflowError,))
        self.assertTrue(chain.invoke(self.messages(history(model))).content)


class Strands(Overflow):
    def agent(self, model, texts, manager, tools=(), **options):
        connection = self.connection()
        session = boto3.Session("local", "local", region_name="us-east-1")
        messages = Boto3.messages(texts)[:-1]
        return strands.Agent(
            model=strands.models.BedrockModel(
                boto_session=session,
                model_id=model,
                endpoint_url=connection["endpoint_url"],
                boto_client_config=connection["config"],
                **options,
            ),
            messages=messages,
            tools=list(tools),
            conversation_manager=manager,
            callback_handler=None,
        )

    @each(KNOWN_TO_STRANDS)
    def test_overflow_is_raised(self, model):
        agent = self.agent(model, history(model), NullConversationManager())
        with self.assertRaises(strands.types.exceptions.ContextWindowOverflowException):
            agent("And now?")

    @each(KNOWN_TO_STRANDS)
    def test_the_conversation_is_trimmed_and_sent_again(self, model):
        texts = history(model)
        agent = self.agent(model, texts, SlidingWindowConversationManager())
        self.assertEqual(agent("And now?").stop_reason, "end_turn")
        self.assertLess(len(agent.messages), 2 * len(texts) + 2)
        self.assertGreater(agent.conversation_manager.removed_message_count, 0)

    @each([HAIKU, SONNET])
    def test_without_streaming(self, model):
        agent = self.agent(model, history(model), SlidingWindowConversationManager(), streaming=False)
        self.assertEqual(agent("And now?").stop_reason, "end_turn")

    @each([HAIKU, GPT_OSS])
    def test_a_long_result_of_a_tool_is_shortened_and_sent_again(self, model):
        @strands.tool
        def look_up() -> str:
            """Looks something up."""
            return "Nothing"

        agent = self.agent(model, [], SlidingWindowConversationManager(), tools=[look_up])
        use = {"toolUseId": "call_00001", "name": "look_up"}
        result = {**use, "status": "success", "content": [{"text": words(REFUSALS[model][0])}]}
        result.pop("name")
        agent.messages = [
            {"role": "user", "content": [{"text": "Hi"}]},
            {"role": "assistant", "content": [{"toolUse": {**use, "input": {}}}]},
            {"role": "user", "content": [{"toolResult": result}]},
            {"role": "assistant", "content": [{"text": "Yes"}]},
        ]
        self.assertIn(agent("And now?").stop_reason, ["end_turn", "tool_use"])
        self.assertEqual(agent.messages[0]["content"], [{"text": "Hi"}])
        self.assertLess(len(json.dumps(agent.messages)), 10_000)

    @each([MICRO])
    def test_wording_of_nova_is_not_known_to_it(self, model):
        agent = self.agent(model, history(model), SlidingWindowConversationManager())
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            agent("And now?")
        self.assertIn(REFUSALS[model][1], str(raised.exception))


class PydanticAI(Overflow):
    def agent(self, model):
        return Agent(BedrockConverseModel(model, provider=BedrockProvider(bedrock_client=self.client)))

    @staticmethod
    def messages(texts):
        turns = [[ModelRequest([UserPromptPart(text)]), ModelResponse([TextPart("Yes")])] for text in texts]
        return [message for turn in turns for message in turn]

    @each(REFUSALS)
    def test_run(self, model):
        texts = history(model)
        agent = self.agent(model)
        with self.assertRaises(ModelHTTPError) as raised:
            agent.run_sync("And now?", message_history=self.messages(texts))
        self.assertEqual(raised.exception.status_code, 400)
        self.assertEqual(raised.exception.body["Error"]["Code"], "ValidationException")
        self.assertIn(REFUSALS[model][1], raised.exception.body["Error"]["Message"])
        self.assertTrue(agent.run_sync("And now?", message_history=self.messages(texts[2:])).output)

    @each([HAIKU, GPT_OSS])
    def test_stream(self, model):
        async def stream():
            async with self.agent(model).run_stream("Hi", message_history=self.messages(history(model))) as answer:
                await answer.get_output()

        with self.assertRaises(ModelHTTPError) as raised:
            asyncio.run(stream())
        self.assertEqual(raised.exception.status_code, 400)
        self.assertIn(REFUSALS[model][1], str(raised.exception.body))


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    suite = unittest.TestSuite(map(load, [Boto3, LangChain, Strands, PydanticAI]))
    outcome = unittest.TextTestRunner(stream=sys.stdout).run(suite)
    bad = len({test.id().split(" ")[0] for test, _ in outcome.failures + outcome.errors})
    print(f"context overflow: {outcome.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
