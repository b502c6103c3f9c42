"""The first examples with tools and structured output of LangChain, strands-agents and pydantic-ai, as their documentation has
them, against the emulator: only the endpoint and the model are set. Needs first_examples.requirements.txt and the variables
AWS_ENDPOINT_URL_BEDROCK_RUNTIME, AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

import asyncio
import sys
import unittest

from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain.tools import tool as langchain_tool
from langchain_aws import ChatBedrock, ChatBedrockConverse
from pydantic import BaseModel, Field
from pydantic_ai import Agent as PydanticAgent
from pydantic_ai import NativeOutput, RunContext, ToolOutput
from strands import Agent as StrandsAgent
from strands import tool as strands_tool
from strands.models import BedrockModel

CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "us.amazon.nova-lite-v1:0"
# Most calls of the model that an agent needs for one tool.
MAX_CALLS = 3


class Person(BaseModel):
    """Information about a person."""

    name: str = Field(description="Full name of the person")
    age: int = Field(description="Age of the person", ge=0, le=150)
    occupation: str = Field(description="Occupation of the person")


class Plain(BaseModel):
    """Information about a person, in a schema without bounds, which Claude refuses."""

    name: str
    age: int
    occupation: str


class CityLocation(BaseModel):
    city: str
    country: str


class Recorder:
    """Calls of a tool with their inputs."""

    def __init__(self):
        self.inputs = []

    def weather(self, city: str) -> str:
        """Get the weather for a given city.

        Args:
            city: The name of the city
        """
        self.inputs.append(city)
        return f"It's always sunny in {city}!"


class LangChain(unittest.TestCase):
    def test_an_agent_calls_its_tool_once_and_answers(self):
        for model in (ChatBedrockConverse(model=CLAUDE), ChatBedrock(model=CLAUDE), ChatBedrockConverse(model=NOVA)):
            recorder = Recorder()
            agent = create_agent(model, tools=[langchain_tool("get_weather")(recorder.weather)], system_prompt="You are a helpful assistant")
            result = agent.invoke({"messages": [{"role": "user", "content": "what is the weather in sf"}]})
            self.assertEqual(len(recorder.inputs), 1)
            self.assertEqual(len(result["messages"]), 4)
            self.assertIn("always sunny", str(result["messages"][-1].content))

    def test_bound_tools_get_numbers(self):
        @langchain_tool
        def add(a: int, b: int) -> int:
            """Adds a and b."""
            return a + b

        @langchain_tool
        def multiply(a: int, b: int) -> int:
            """Multiplies a and b."""
            return a * b

        model = ChatBedrockConverse(model=CLAUDE).bind_tools([add, multiply])
        call = model.invoke("What is 3 * 12?").tool_calls[0]
        self.assertEqual((call["name"], call["args"]), ("multiply", {"a": 3, "b": 12}))
        call = model.invoke("What is 11 + 49?").tool_calls[0]
        self.assertEqual((call["name"], call["args"]), ("add", {"a": 11, "b": 49}))

    def test_a_stream_has_the_chunks_of_a_tool_call(self):
        recorder = Recorder()
        model = ChatBedrockConverse(model=CLAUDE).bind_tools([langchain_tool("get_weather")(recorder.weather)])
        full = None
        for chunk in model.stream("What's the weather in Boston?"):
            full = chunk if full is None else full + chunk
        self.assertEqual(full.tool_calls[0]["args"], {"city": "Boston"})

    def test_structured_output_has_the_schema(self):
        prompt = "Extract the person: Anna Berg is 34 and works as a pilot."
        for method in ("function_calling", "json_schema"):
            for model in (ChatBedrockConverse(model=CLAUDE), ChatBedrock(model=CLAUDE)):
                if method == "json_schema" and isinstance(model, ChatBedrock):
                    continue
                person = model.with_structured_output(Plain, method=method).invoke(prompt)
                self.assertEqual((person.name, person.age), ("Anna Berg", 34))

    def test_an_agent_ends_with_a_structured_response(self):
        for strategy in (ToolStrategy(Plain), ProviderStrategy(Plain)):
            recorder = Recorder()
            agent = create_agent(ChatBedrockConverse(model=CLAUDE), tools=[langchain_tool("get_weather")(recorder.weather)], response_format=strategy)
            result = agent.invoke({"messages": [{"role": "user", "content": "What is the weather in Rome for Anna Berg, 34?"}]}, {"recursion_limit": 10})
            self.assertIsInstance(result["structured_response"], Plain)
            self.assertEqual(recorder.inputs, ["Rome"])


class Strands(unittest.TestCase):
    def agent(self, tools, **options):
        return StrandsAgent(model=BedrockModel(model_id=CLAUDE, **options), tools=tools, callback_handler=None)

    def test_an_agent_calls_its_tools_and_answers(self):
        calls = []

        @strands_tool
        def letter_counter(word: str, letter: str) -> int:
            """Count occurrences of a specific letter in a word.

            Args:
                word: The input word to search in
                letter: The specific letter to count
            """
            calls.append((word, letter))
            return word.lower().count(letter.lower())

        for streaming in (True, False):
            result = self.agent([letter_counter], streaming=streaming)('Tell me how many letter "R" are in the word "strawberry"')
            self.assertEqual(result.stop_reason, "end_turn")
            self.assertIn("letter_counter", str(result))
        self.assertEqual(len(calls), 2)

    def test_a_tool_gets_the_city(self):
        recorder = Recorder()
        result = self.agent([strands_tool(name="get_weather")(recorder.weather)])("What is the weather in Rome?")
        self.assertEqual(recorder.inputs, ["Rome"])
        self.assertIn("always sunny", str(result))

    def test_structured_output_has_the_schema(self):
        prompt = "John Smith is a 30 year-old software engineer"
        result = self.agent([])(prompt, structured_output_model=Person)
        self.assertEqual((result.structured_output.name, result.structured_output.age), ("John Smith", 30))

    def test_structured_output_after_a_tool(self):
        recorder = Recorder()
        agent = self.agent([strands_tool(name="get_weather")(recorder.weather)])
        result = agent("What is the weather in Rome, Italy?", structured_output_model=CityLocation)
        self.assertEqual(result.structured_output.city.split(",")[0], "Rome")
        self.assertEqual(len(recorder.inputs), 1)


class PydanticAi(unittest.TestCase):
    MODEL = f"bedrock:{CLAUDE}"

    def test_structured_output_has_the_schema(self):
        for output in (CityLocation, ToolOutput(CityLocation), NativeOutput(CityLocation)):
            agent = PydanticAgent(self.MODEL, output_type=output)
            result = agent.run_sync("Where were the Olympics held in 2012? In London")
            self.assertEqual(result.output.city, "London")

    def test_an_agent_calls_its_tool_and_answers(self):
        recorder = Recorder()
        agent = PydanticAgent(self.MODEL, instructions="Be concise, reply with one sentence.")
        agent.tool_plain(name="get_weather")(recorder.weather)
        result = agent.run_sync("What is the weather in Rome?")
        self.assertEqual(recorder.inputs, ["Rome"])
        self.assertIn("always sunny", result.output)
        self.assertLessEqual(result.usage.requests, MAX_CALLS)

    def test_a_tool_then_structured_output(self):
        recorder = Recorder()
        agent = PydanticAgent(self.MODEL, output_type=CityLocation)
        agent.tool_plain(name="get_weather")(recorder.weather)
        result = agent.run_sync("What is the weather in Rome?")
        self.assertEqual(recorder.inputs, ["Rome"])
        self.assertEqual(result.output.city, "Rome")
        self.assertLessEqual(result.usage.requests, MAX_CALLS)

    def test_a_tool_with_dependencies(self):
        agent = PydanticAgent(self.MODEL, deps_type=str, instructions="Use the dice game tools.")

        @agent.tool_plain
        def roll_dice() -> str:
            """Roll a six-sided dice and return the result."""
            return "4"

        @agent.tool
        def get_player_name(ctx: RunContext[str]) -> str:
            """Get the player's name."""
            return ctx.deps

        result = agent.run_sync("Please roll the dice, my guess is 4", deps="Anne")
        self.assertIn("roll_dice answered: 4", result.output)

    def test_a_stream_calls_the_tool(self):
        events = []

        async def handle(_context, stream):
            events.extend([event async for event in stream])

        recorder = Recorder()
        agent = PydanticAgent(self.MODEL)
        agent.tool_plain(name="get_weather")(recorder.weather)
        # run_stream takes the text before a tool call for the answer, with Bedrock too.
        result = asyncio.run(agent.run("What is the weather in Rome?", event_stream_handler=handle))
        self.assertEqual(recorder.inputs, ["Rome"])
        self.assertIn("always sunny", result.output)
        self.assertGreater(len(events), 5)


if __name__ == "__main__":
    outcome = unittest.TextTestRunner(stream=sys.stdout).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    bad = len(outcome.failures + outcome.errors)
    print(f"Python: {outcome.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
