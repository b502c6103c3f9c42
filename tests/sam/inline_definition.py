"""Prints a template with the definitions of the state machines inside, because cfn-lint does not read a DefinitionUri. Run by .ci/run."""

import json
import pathlib
import re

resources = {}
for path in sorted(pathlib.Path("statemachines").glob("*.asl.json")):
    text = path.read_text(encoding="utf-8")
    names = sorted(set(re.findall(r"\$\{(\w+)\}", text)) - {"Partition"})
    definition = json.loads(text.replace("${Partition}", "aws"))
    for state in definition["States"].values():
        # cfn-lint knows no expressions here. Step Functions does: Timeout.jsonata of the CDK, and MaxConcurrency of its guide.
        for member, value in (("TimeoutSeconds", 25), ("MaxConcurrency", 10)):
            if isinstance(state.get(member), str):
                state[member] = value
    resources[path.name.split(".")[0].capitalize()] = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": "arn:aws:iam::123456789012:role/workflow",
            "Definition": definition,
            "DefinitionSubstitutions": dict.fromkeys(names, "value"),
        },
    }
print(json.dumps({"Resources": resources}))
