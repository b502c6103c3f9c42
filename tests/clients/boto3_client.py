"""boto3, unmodified, against ENDPOINT: the API of `npm start`, its function URL (with the argument `Streams`, all that it
serves), the emulator itself, or Step Functions (with `Workflow`). Arguments name the classes to run. Run by .ci/run, which
installs boto3."""

import json
import os
import sys
import time
import unittest
import urllib.request
import zlib

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions

CLAUDE = "global.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-lite-v1:0"
LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0"


def png(width, height):
    """A valid picture of that size: grey, uncompressed rows."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

TOOLS = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_weather",
                "description": "Weather of a city",
                "inputSchema": {
                    "json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
                },
            }
        }
    ]
}


def user(*content):
    return {"role": "user", "content": [{"text": part} if isinstance(part, str) else part for part in content]}


def text_of(answer):
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


class Client(unittest.TestCase):
    def setUp(self):
        self.client = self.make_client()
        self.addCleanup(self.client.close)

    def make_client(self, **config):
        return boto3.client(
            "bedrock-runtime",
            endpoint_url=os.environ["ENDPOINT"],
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=botocore.config.Config(**config),
        )

    def converse(self, *content, **arguments):
        return self.client.converse(**{"modelId": CLAUDE, "messages": [user(*content)], **arguments})

    def assert_error(self, name, status, call):
        with self.assertRaises(getattr(self.client.exceptions, name)) as caught:
            call()
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)
        self.assertTrue(caught.exception.response["Error"]["Message"])


class Whole(Client):
    def test_converse_in_japanese(self):
        answer = self.converse("日本で一番高い山は?")
        self.assertIn("富士山", text_of(answer))
        self.assertEqual(answer["stopReason"], "end_turn")
        self.assertEqual(answer["usage"]["totalTokens"], answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"])

    def test_converse_multi_turn_with_system_and_tools(self):
        messages = [user("What is the weather in Osaka? Use get_weather.")]
        arguments = {"modelId": CLAUDE, "system": [{"text": "Be brief."}], "toolConfig": TOOLS}
        first = self.client.converse(messages=messages, **arguments)
        self.assertEqual(first["stopReason"], "tool_use")
        tool_use = next(block["toolUse"] for block in first["output"]["message"]["content"] if "toolUse" in block)
        self.assertEqual(tool_use["name"], "get_weather")
        self.assertIsInstance(tool_use["input"]["city"], str)
        result = {"toolUseId": tool_use["toolUseId"], "content": [{"json": {"celsius": 21}}]}
        messages += [first["output"]["message"], user({"toolResult": result})]
        second = self.client.converse(messages=messages, **arguments)
        self.assertEqual(second["stopReason"], "end_turn")
        self.assertTrue(text_of(second))

    def test_converse_picture_and_document(self):
        picture, document = png(40, 30), PDF
        answer = self.converse(
            "What do you see?",
            {"image": {"format": "png", "source": {"bytes": picture}}},
            {"document": {"format": "pdf", "name": "report", "source": {"bytes": document}}},
        )
        self.assertIn("40", text_of(answer))
        self.assertIn("30", text_of(answer))
        self.assertIn(str(len(document)), text_of(answer).replace(",", ""))

    def test_converse_stops_at_max_tokens(self):
        answer = self.converse("Tell me a long story", inferenceConfig={"maxTokens": 3})
        self.assertEqual((answer["stopReason"], answer["usage"]["outputTokens"]), ("max_tokens", 3))

    def test_invoke_model_native_bodies(self):
        bodies = {
            CLAUDE: {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]},
            NOVA: {"messages": [user("Hi")]},
            "amazon.titan-embed-text-v2:0": {"inputText": "Hi", "dimensions": 256},
            "meta.llama3-3-70b-instruct-v1:0": {"prompt": "Hi"},
            "mistral.mistral-large-2402-v1:0": {"prompt": "<s>[INST] Hi [/INST]", "max_tokens": 50},
            "cohere.command-r-v1:0": {"message": "Hi"},
            "openai.gpt-oss-120b-1:0": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50},
        }
        for model, body in bodies.items():
            with self.subTest(model):
                answer = self.client.invoke_model(modelId=model, body=json.dumps(body))
                self.assertEqual(answer["contentType"], "application/json")
                self.assertIsInstance(json.loads(answer["body"].read()), dict)
                headers = answer["ResponseMetadata"]["HTTPHeaders"]
                self.assertGreater(int(headers["x-amzn-bedrock-input-token-count"]), 0)

    def test_arn_as_model_id(self):
        arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/" + CLAUDE
        self.assertTrue(text_of(self.converse("Hi", modelId=arn)))

    def test_count_tokens(self):
        messages = [user("How many tokens is this?")]
        model = "anthropic.claude-sonnet-4-5-20250929-v1:0"
        counted = self.client.count_tokens(modelId=model, input={"converse": {"messages": messages}})
        used = self.client.converse(modelId=CLAUDE, messages=messages)["usage"]["inputTokens"]
        self.assertEqual(counted["inputTokens"], used)

    def test_apply_guardrail(self):
        answer = self.client.apply_guardrail(
            guardrailIdentifier="abcdefghijkl",
            guardrailVersion="DRAFT",
            source="INPUT",
            content=[{"text": {"text": "Write to jane@example.com"}}],
        )
        self.assertEqual(answer["action"], "GUARDRAIL_INTERVENED")
        self.assertIn("{EMAIL}", answer["outputs"][0]["text"])

    def test_two_refusals_are_got_over(self):
        self.assertTrue(text_of(self.converse(f"Hi {os.urandom(4).hex()} [emulator:throttle=2]")))

    def test_lasting_refusal(self):
        self.client = self.make_client(retries={"total_max_attempts": 1})
        self.assert_error("ThrottlingException", 429, lambda: self.converse("Hi [emulator:throttle=99]"))

    def test_errors_by_their_own_name_and_status(self):
        self.client = self.make_client(retries={"total_max_attempts": 1})
        for name, status in {
            "AccessDeniedException": 403,
            "InternalServerException": 500,
            "ModelErrorException": 424,
            "ModelNotReadyException": 429,
            "ModelTimeoutException": 408,
            "ResourceNotFoundException": 404,
            "ServiceUnavailableException": 503,
            "ValidationException": 400,
        }.items():
            with self.subTest(name):
                self.assert_error(name, status, lambda: self.converse(f"Hi [emulator:error={name}]"))

    def test_bad_requests(self):
        no_max_tokens = json.dumps({"anthropic_version": "bedrock-2023-05-31", "messages": [{"role": "user", "content": "Hi"}]})
        for name, call in {
            "unknown model": lambda: self.converse("Hi", modelId="nobody.nothing-v1:0"),
            "not JSON": lambda: self.client.invoke_model(modelId=CLAUDE, body="{"),
            "no max_tokens": lambda: self.client.invoke_model(modelId=CLAUDE, body=no_max_tokens),
            "assistant first": lambda: self.converse("Hi", modelId=LLAMA, messages=[{"role": "assistant", "content": [{"text": "x"}]}]),
            "blank text": lambda: self.converse(" "),
        }.items():
            with self.subTest(name):
                self.assert_error("ValidationException", 400, call)


class Streams(Client):
    def stream(self, text, **arguments):
        answer = self.client.converse_stream(modelId=CLAUDE, messages=[user(text)], **arguments)
        return answer["stream"]

    def test_text_comes_in_order_and_usage_last(self):
        events = list(self.stream("日本で一番高い山は?"))
        text = "".join(event.get("contentBlockDelta", {}).get("delta", {}).get("text", "") for event in events)
        self.assertIn("富士山", text)
        self.assertEqual([next(iter(event)) for event in (events[0], *events[-2:])], ["messageStart", "messageStop", "metadata"])
        self.assertGreater(events[-1]["metadata"]["usage"]["outputTokens"], 0)

    def test_tool_use_comes_as_partial_json(self):
        events = list(self.stream("Use get_weather for Osaka", toolConfig=TOOLS))
        deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
        tool_input = "".join(delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta)
        self.assertIn("city", json.loads(tool_input))

    def test_native_stream(self):
        body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
        answer = self.client.invoke_model_with_response_stream(modelId=CLAUDE, body=json.dumps(body))
        types = [json.loads(event["chunk"]["bytes"])["type"] for event in answer["body"]]
        self.assertEqual((types[0], types[-1]), ("message_start", "message_stop"))

    def test_refusals_before_the_first_event_have_their_status(self):
        self.client = self.make_client(retries={"total_max_attempts": 1})
        self.assert_error("ThrottlingException", 429, lambda: self.stream("Hi [emulator:throttle=99]"))
        self.assert_error("ValidationException", 400, lambda: self.stream(" "))
        self.assert_error("ServiceUnavailableException", 503, lambda: self.stream("Hi [emulator:error=ServiceUnavailableException]"))

    def test_errors_inside_a_stream_are_raised_by_name(self):
        for name in ("throttlingException", "modelStreamErrorException", "internalServerException"):
            with self.subTest(name):
                events = iter(self.stream(f"Hi [emulator:exception={name}@2]"))
                next(events), next(events)
                with self.assertRaises(botocore.exceptions.EventStreamError) as caught:
                    next(events)
                self.assertEqual(caught.exception.response["Error"]["Code"], name)

    @unittest.skipIf(os.environ.get("EMULATOR"), "that a cut is told is what the function adds")
    def test_a_cut_stream_is_an_error_and_no_end(self):
        for fault in ("end@3", "reset@3", "badcrc@3"):
            with self.subTest(fault), self.assertRaises(botocore.exceptions.EventStreamError) as caught:
                list(self.stream(f"Hi [emulator:{fault}]"))
            self.assertEqual(caught.exception.response["Error"]["Code"], "modelStreamErrorException")


class Calls(Client):
    """What the suite adds to a call: aliases, cost, fallback, guardrails, prompt caching."""

    def headers_of(self, answer):
        return answer["ResponseMetadata"]["HTTPHeaders"]

    def with_header(self, name, value):
        self.client.meta.events.register("before-call", lambda params, **_: params["headers"].update({name: value}))

    def test_alias_and_cost(self):
        answer = self.client.converse(modelId="claude-sonnet", messages=[user("Hi")])
        self.assertIn("anthropic.claude", self.headers_of(answer)["x-bedrock-functions-model"])
        self.assertIn("x-bedrock-functions-cost-usd", self.headers_of(answer))

    def test_fallback(self):
        self.with_header("x-model-fallback", "nova-lite")
        answer = self.converse("Hi [emulator:throttle=99] [emulator:for=claude]")
        self.assertIn("ThrottlingException", self.headers_of(answer)["x-bedrock-functions-fallback"])
        self.assertIn("nova-lite", self.headers_of(answer)["x-bedrock-functions-model"])
        self.assertTrue(text_of(answer))

    def test_guardrail_of_a_request(self):
        config = {"guardrailIdentifier": "abcdefghijkl", "guardrailVersion": "1", "trace": "enabled"}
        answer = self.converse("Write to jane@example.com", guardrailConfig=config)
        self.assertNotIn("jane@example.com", text_of(answer))
        self.assertIn("guardrail", answer["trace"])

    def test_prompt_cache(self):
        content = [{"text": f"stable {os.getpid()} " * 3000}, {"cachePoint": {"type": "default"}}, {"text": "Hi"}]
        messages = [{"role": "user", "content": content}]
        first, second = (self.client.converse(modelId=CLAUDE, messages=messages)["usage"] for _ in range(2))
        self.assertGreater(first["cacheWriteInputTokens"], 1000)
        self.assertEqual(second["cacheReadInputTokens"], first["cacheWriteInputTokens"])


class Batches(unittest.TestCase):
    """Batches by boto3's `bedrock` client, with the input uploaded and the output read by its S3 client."""

    def setUp(self):
        local = {"region_name": "us-east-1", "aws_access_key_id": "local", "aws_secret_access_key": "local"}
        self.bedrock = boto3.client("bedrock", endpoint_url=os.environ["ENDPOINT"], **local)
        self.s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"], **local)
        self.addCleanup(self.bedrock.close)
        self.addCleanup(self.s3.close)
        self.bucket = self.s3.list_buckets()["Buckets"][0]["Name"]

    def upload(self, records):
        request = botocore.awsrequest.AWSRequest("POST", os.environ["ENDPOINT"] + "/uploads", data=b"{}")
        credentials = botocore.credentials.Credentials("local", "local")
        botocore.auth.SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
        prepared = request.prepare()
        ticket = urllib.request.Request(prepared.url, data=prepared.body, headers=dict(prepared.headers))
        with urllib.request.urlopen(ticket) as reply:
            uri = json.load(reply)["s3Uri"]
        body = "\n".join(json.dumps(record) for record in records)
        self.s3.put_object(Bucket=self.bucket, Key=uri.removeprefix(f"s3://{self.bucket}/"), Body=body.encode())
        return uri

    def test_create_poll_list_and_output(self):
        records = [{"recordId": f"R{n}", "modelInput": {"messages": [user(f"Hello {n}")]}} for n in range(8)]
        arn = self.bedrock.create_model_invocation_job(
            jobName="boto3",
            modelId=NOVA,
            modelInvocationType="Converse",
            roleArn="arn:aws:iam::123456789012:role/any",
            inputDataConfig={"s3InputDataConfig": {"s3Uri": self.upload(records)}},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{self.bucket}/output/boto3"}},
        )["jobArn"]
        while "endTime" not in (job := self.bedrock.get_model_invocation_job(jobIdentifier=arn)):
            time.sleep(0.1)
        self.assertEqual((job["status"], job["totalRecordCount"], job["successRecordCount"]), ("Completed", 8, 8))
        listed = self.bedrock.list_model_invocation_jobs(statusEquals="Completed", nameContains="boto3")
        self.assertIn(arn, [found["jobArn"] for found in listed["invocationJobSummaries"]])
        prefix = f"output/boto3/{arn[-12:]}/"
        keys = [found["Key"] for found in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)["Contents"]]
        [output] = [key for key in keys if key.endswith(".jsonl.out")]
        lines = self.s3.get_object(Bucket=self.bucket, Key=output)["Body"].read().decode().splitlines()
        self.assertEqual([json.loads(line)["recordId"] for line in lines], [record["recordId"] for record in records])

    def test_typed_errors(self):
        with self.assertRaises(self.bedrock.exceptions.ResourceNotFoundException):
            self.bedrock.get_model_invocation_job(jobIdentifier="abcdefghijkl")


class Jobs(Client):
    """Asynchronous invocations, with outputs read and inputs dropped by boto3's own S3 client at S3_ENDPOINT."""

    def setUp(self):
        super().setUp()
        self.s3 = boto3.client(
            "s3",
            endpoint_url=os.environ["S3_ENDPOINT"],
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        self.addCleanup(self.s3.close)
        self.bucket = self.s3.list_buckets()["Buckets"][0]["Name"]

    def start(self, model_id, model_input, **more):
        output = {"s3OutputDataConfig": {"s3Uri": f"s3://{self.bucket}/output/boto3"}}
        request = {"modelId": model_id, "modelInput": model_input, "outputDataConfig": output, **more}
        return self.client.start_async_invoke(**request)["invocationArn"]

    def end_of(self, arn):
        while True:
            answer = self.client.get_async_invoke(invocationArn=arn)
            if answer["status"] != "InProgress":
                return answer
            time.sleep(0.1)

    def output_of(self, answer):
        bucket, key = answer["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].removeprefix("s3://").split("/", 1)
        return json.load(self.s3.get_object(Bucket=bucket, Key=f"{key}/output.json")["Body"])

    def test_every_kind_of_model(self):
        claude = {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 50,
            "messages": [{"role": "user", "content": "What is the capital of France?"}],
        }
        for model_id, model_input, member in (
            (CLAUDE, claude, "content"),
            (NOVA, {"schemaVersion": "messages-v1", "messages": [user("Hi")]}, "output"),
            ("amazon.titan-embed-text-v2:0", {"inputText": "Hi"}, "embedding"),
            ("twelvelabs.marengo-embed-3-0-v1:0", {"inputType": "text", "text": {"inputText": "Hi"}}, "data"),
        ):
            with self.subTest(model_id):
                answer = self.end_of(self.start(model_id, model_input))
                self.assertEqual(answer["status"], "Completed")
                self.assertIn(member, self.output_of(answer))

    def test_one_job_for_one_token(self):
        first = self.start(NOVA, {"messages": [user("Hi")]}, clientRequestToken="boto3-once")
        self.assertEqual(self.start(NOVA, {"messages": [user("Hi")]}, clientRequestToken="boto3-once"), first)
        self.assert_error(
            "ConflictException",
            400,
            lambda: self.start(NOVA, {"messages": [user("Ho")]}, clientRequestToken="boto3-once"),
        )

    def test_listing_by_pages(self):
        arns = [self.start("amazon.titan-embed-text-v2:0", {"inputText": f"page {n}"}) for n in range(5)]
        for arn in arns:
            self.end_of(arn)
        for order in ("Ascending", "Descending"):
            seen = []
            paginator = self.client.get_paginator("list_async_invokes")
            for page in paginator.paginate(sortOrder=order, PaginationConfig={"PageSize": 2}):
                seen += [summary["invocationArn"] for summary in page["asyncInvokeSummaries"]]
            ours = [arn for arn in seen if arn in arns]
            self.assertEqual(ours, arns if order == "Ascending" else arns[::-1])
            self.assertEqual(len(seen), len(set(seen)))

    def test_failures_and_refusals(self):
        answer = self.end_of(self.start(NOVA, {"messages": [user("Hi [emulator:error=ValidationException]")]}))
        self.assertEqual(answer["status"], "Failed")
        self.assertTrue(answer["failureMessage"])
        unknown = answer["invocationArn"][:-12] + "000000000000"
        self.assert_error("ValidationException", 400, lambda: self.client.get_async_invoke(invocationArn=unknown))

    def test_a_file_in_the_inbox(self):
        self.s3.put_object(Bucket=self.bucket, Key="inbox/boto 3+\u5c71.txt", Body="What is the capital of France?")
        while True:
            try:
                body = self.s3.get_object(Bucket=self.bucket, Key="outbox/boto 3+\u5c71.txt.json")["Body"]
                break
            except self.s3.exceptions.NoSuchKey:
                time.sleep(0.1)
        self.assertIn("Paris", text_of(json.load(body)))


class Keys(Client):
    """With AWS_BEARER_TOKEN_BEDROCK, the endpoint and AWS_CA_BUNDLE set, and nothing else: boto3 sends keys over https only."""

    def make_client(self, **config):
        return boto3.client(
            "bedrock-runtime",
            endpoint_url=os.environ["ENDPOINT"],
            region_name="us-east-1",
            config=botocore.config.Config(**config),
        )

    def test_a_key_is_enough_for_every_mode(self):
        body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]})
        self.assertTrue(text_of(self.client.converse(modelId=CLAUDE, messages=[user("Hi")])))
        self.assertIn("content", json.load(self.client.invoke_model(modelId=CLAUDE, body=body)["body"]))
        events = list(self.client.converse_stream(modelId=CLAUDE, messages=[user("Hi")])["stream"])
        self.assertIn("metadata", events[-1])
        chunks = list(self.client.invoke_model_with_response_stream(modelId=CLAUDE, body=body)["body"])
        self.assertEqual(json.loads(chunks[-1]["chunk"]["bytes"])["type"], "message_stop")
        bucket = "local-jobsbucket"
        arn = self.client.start_async_invoke(
            modelId="amazon.titan-embed-text-v2:0",
            modelInput={"inputText": "Hi"},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{bucket}/output"}},
        )["invocationArn"]
        while (job := self.client.get_async_invoke(invocationArn=arn))["status"] == "InProgress":
            time.sleep(0.5)
        self.assertEqual(job["status"], "Completed")
        listed = self.client.list_async_invokes()["asyncInvokeSummaries"]
        self.assertIn(arn, [summary["invocationArn"] for summary in listed])

    def test_boto3_itself_sends_no_key_over_plain_http(self):
        os.environ["ENDPOINT"], endpoint = os.environ["ENDPOINT"].replace("https:", "http:"), os.environ["ENDPOINT"]
        try:
            self.client = self.make_client()
            with self.assertRaises(botocore.exceptions.InvalidEndpointConfigurationError):
                self.client.converse(modelId=CLAUDE, messages=[user("Hi")])
        finally:
            os.environ["ENDPOINT"] = endpoint

    def test_another_key_is_not(self):
        token = os.environ.pop("AWS_BEARER_TOKEN_BEDROCK")
        try:
            os.environ["AWS_BEARER_TOKEN_BEDROCK"] = "a-key-that-nobody-has-made"
            self.client = self.make_client()
        finally:
            os.environ["AWS_BEARER_TOKEN_BEDROCK"] = token
        self.assert_error("AccessDeniedException", 401, lambda: self.client.converse(modelId=CLAUDE, messages=[user("Hi")]))

    def test_the_quota_is_the_end(self):
        self.client = self.make_client(retries={"total_max_attempts": 1})
        with self.assertRaises(self.client.exceptions.ThrottlingException):
            for _ in range(50):
                self.client.converse(modelId=CLAUDE, messages=[user("Hi")])


class Workflow(unittest.TestCase):
    """The state machine, by start_sync_execution; ENDPOINT is that of Step Functions."""

    def setUp(self):
        self.states = boto3.client(
            "stepfunctions",
            endpoint_url=os.environ["ENDPOINT"],
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            # boto3 puts sync- before the host of StartSyncExecution.
            config=botocore.config.Config(inject_host_prefix=False),
        )
        self.addCleanup(self.states.close)
        machines = self.states.list_state_machines()["stateMachines"]
        [machine] = [found for found in machines if "InferenceWorkflow" in found["name"]]
        self.arn = machine["stateMachineArn"]

    def run_workflow(self, **request):
        return self.states.start_sync_execution(stateMachineArn=self.arn, input=json.dumps(request))

    def result(self, **request):
        execution = self.run_workflow(**request)
        self.assertEqual(execution["status"], "SUCCEEDED", execution.get("cause"))
        return json.loads(execution["output"])

    def test_every_mode_answers_a_converse_request_with_its_cost(self):
        for mode in ("direct", "sync", "async"):
            result = self.result(converse={"messages": [user("What is the capital of France?")]}, mode=mode)
            self.assertEqual((result["status"], result["mode"]), ("Completed", mode))
            self.assertIn("Paris", result["text"])
            self.assertGreater(result["estimatedCost"]["usd"], 0)

    def test_tools_pass_mode_direct(self):
        converse = {"messages": [user("Weather in Paris?")], "toolConfig": {**TOOLS, "toolChoice": {"any": {}}}}
        content = self.result(converse=converse, mode="direct")["answer"]["output"]["message"]["content"]
        self.assertEqual([block["toolUse"]["name"] for block in content if "toolUse" in block], ["get_weather"])

    def test_bad_input_names_its_field(self):
        converse = {"messages": [user("Hi")]}
        for mode in ("direct", "sync", "async", "auto"):
            for field, request in (
                ("prompt", {}),
                ("prompt", {"prompt": 1}),
                ("converse", {"converse": "a"}),
                ("invokeModel", {"invokeModel": [1]}),
                ("Exactly one", {"prompt": "a", "converse": converse}),
                ("maxTokens", {"prompt": "a", "maxTokens": 1.5}),
                ("maxTokens", {"prompt": "a", "maxTokens": 10.0}),
                ("waitSeconds", {"prompt": "a", "waitSeconds": 281}),
                ("modelId", {"prompt": "a", "modelId": ""}),
                ("guardrail", {"prompt": "a", "guardrail": "b"}),
            ):
                execution = self.run_workflow(mode=mode, **request)
                self.assertEqual((execution["status"], execution["error"]), ("FAILED", "ValidationException"))
                self.assertIn(field, execution["cause"])

    def test_failures_have_the_names_of_bedrock(self):
        for mode in ("direct", "sync"):
            for name in ("ThrottlingException", "ModelErrorException", "ModelTimeoutException"):
                execution = self.run_workflow(prompt=f"[emulator:error={name}]", mode=mode)
                self.assertEqual((execution["status"], execution["error"]), ("FAILED", name))
                self.assertNotIn("waitSeconds", execution["cause"])
            late = self.run_workflow(prompt="[emulator:stall=2500]", mode=mode, waitSeconds=1)
            self.assertEqual((late["status"], late["error"]), ("FAILED", "ModelTimeoutException"))
            result = self.result(prompt="[emulator:stall=2500]", mode=mode, waitSeconds=1, onTimeout="job")
            self.assertEqual((result["status"], result["timedOut"]), ("InProgress", True))


if __name__ == "__main__":
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    named = {case.__name__: case for case in (Whole, Streams, Calls, Jobs, Batches, Keys, Workflow)}
    cases = [named[name] for name in sys.argv[1:]] or [Whole, Streams]
    outcome = unittest.TextTestRunner(stream=sys.stdout).run(unittest.TestSuite(map(load, cases)))
    bad = len({test.id().split(" ")[0] for test, _ in outcome.failures + outcome.errors})
    print(f"boto3: {outcome.testsRun - len(outcome.skipped) - bad} passed, {bad} failed")
    sys.exit(bad > 0)
