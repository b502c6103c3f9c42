"""boto3, unmodified, against an emulator that records from another one, and against one that replays the recordings: the
answers must be equal. Needs boto3 and starts everything itself: python tests/clients/boto3_recordings.py"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import boto3
import botocore.config
import botocore.exceptions

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "amazon.nova-lite-v1:0"


def user(text):
    return [{"role": "user", "content": [{"text": text}]}]


class Recordings(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="boto3-recordings-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.recordings = os.path.join(self.directory, "recordings")

    def environment(self, **variables):
        credentials = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**kept, **credentials, **variables}

    def start(self, *options, **variables):
        command = ["node", "scripts/node24.cjs", "local/bedrock/main.ts", "--port", "0", "--quiet", *options]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment(**variables), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return re.search(r"http://[\d.:]+", process.stdout.readline())[0]

    def client(self, url):
        client = boto3.client(
            "bedrock-runtime",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="caller",
            aws_secret_access_key="caller",
            config=botocore.config.Config(retries={"max_attempts": 0}),
        )
        self.addCleanup(client.close)
        return client

    def use(self, url):
        """Everything that one program may do, and what it sees."""
        client = self.client(url)
        seen = []
        answer = client.converse(modelId=NOVA, messages=user("What is the capital of Süd-Frankreich?"))
        seen.append(answer["output"])
        seen.append(list(client.converse_stream(modelId=CLAUDE, messages=user("Hello"))["stream"]))
        body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 20, "messages": [{"role": "user", "content": "Hi"}]}
        seen.append(client.invoke_model(modelId=CLAUDE, body=json.dumps(body))["body"].read())
        stream = client.invoke_model_with_response_stream(modelId=CLAUDE, body=json.dumps(body))
        seen.append([event["chunk"]["bytes"] for event in stream["body"]])
        for directive in ["error=ThrottlingException", "exception=ModelStreamErrorException@2"]:
            try:
                for event in client.converse_stream(modelId=NOVA, messages=user(f"[emulator:{directive}]"))["stream"]:
                    seen.append(event)
            except (botocore.exceptions.ClientError, botocore.exceptions.EventStreamError) as error:
                seen.append(str(error))
        arn = client.start_async_invoke(
            modelId="twelvelabs.marengo-embed-3-0-v1:0",
            modelInput={"inputType": "text", "text": {"inputText": "a dog [emulator:lasts=1]"}},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://output/embeddings"}},
        )["invocationArn"]
        status = "InProgress"
        while status == "InProgress":
            status = client.get_async_invoke(invocationArn=arn)["status"]
        listed = client.list_async_invokes(statusEquals="Completed")["asyncInvokeSummaries"]
        return [*seen, arn, status, listed]

    def test_replayed_answers_equal_recorded_ones(self):
        bedrock = self.start("--state", self.directory)
        endpoint = {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock}
        recorded = self.use(self.start("--record", self.recordings, **endpoint))
        replayer = self.start("--replay", self.recordings)

        self.assertEqual(self.use(replayer), recorded)
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            self.client(replayer).converse(modelId=NOVA, messages=user("Never asked"))
        self.assertEqual(raised.exception.response["Error"]["Code"], "ResourceNotFoundException")
        self.assertIn("The nearest is 0001-Converse-amazon.nova-lite-v1_0.json", str(raised.exception))
        with open(os.path.join(self.recordings, "0001-Converse-amazon.nova-lite-v1_0.json"), encoding="utf8") as file:
            self.assertEqual(json.load(file)["request"]["body"]["json"]["messages"][0]["role"], "user")

        drift = ["node", "scripts/node24.cjs", "local/bedrock/main.ts", "--drift", self.recordings]
        ended = subprocess.run(drift, cwd=ROOT, env=self.environment(**endpoint), capture_output=True, text=True)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended.stdout)


if __name__ == "__main__":
    unittest.main()
