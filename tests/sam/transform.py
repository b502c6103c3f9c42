"""Prints template.yaml as SAM transforms it, since only that shows resources that a Region does not have. Run by .ci/run."""

import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# Properties with local folders, where a deploy has the uploaded bundle.
BUNDLES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}


def transform(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for resource in template["Resources"].values():
        if resource["Type"] in BUNDLES:
            resource["Properties"][BUNDLES[resource["Type"]]] = "s3://bucket/key"
    return Translator({}, Parser()).translate(template, {})


if __name__ == "__main__":
    transformed = transform(sys.argv[1])
    # With rules cfn-lint solves all conditions again for each question: minutes for every Region. It checks those of template.yaml.
    transformed.pop("Rules", None)
    print(json.dumps(transformed, indent=1))
