"""Prints a template with the definition of the workflow inside, because cfn-lint does not read a DefinitionUri. Run by .ci/run."""

import json
import pathlib
import re

text = pathlib.Path("statemachines/inference.asl.json").read_text(encoding="utf-8")
names = sorted(set(re.findall(r"\$\{(\w+)\}", text)) - {"Partition"})
definition = json.loads(text.replace("${Partition}", "aws"))
for state in definition["States"].values():
    # cfn-lint knows no expression here. Step Functions does: Timeout.jsonata of the CDK.
    if isinstance(state.get("TimeoutSeconds"), str):
        state["TimeoutSeconds"] = 25
machine = {
    "Type": "AWS::StepFunctions::StateMachine",
    "Properties": {
        "RoleArn": "arn:aws:iam::123456789012:role/workflow",
        "Definition": definition,
        "DefinitionSubstitutions": dict.fromkeys(names, "value"),
    },
}
print(json.dumps({"Resources": {"Workflow": machine}}))
