"""Transforms template.yaml as SAM does and checks, for each value of Auth, that no route is without authorization.

Usage: python3 tests/sam/transformed_api.py [template.yaml]; needs the packages of .ci/requirements.txt.
"""
import sys

from transform import transform

METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "x-amazon-apigateway-any-method"}


def choose(value, auth):
    """Fn::If of KeyAuth as the parameter decides it; other conditions as if they held. The page needs keys."""
    if isinstance(value, dict):
        if set(value) == {"Fn::If"}:
            condition, yes, no = value["Fn::If"]
            return choose(yes if condition not in ("KeyAuth", "ServeConsole") or auth == "KEY" else no, auth)
        chosen = {name: choose(member, auth) for name, member in value.items()}
        return {name: member for name, member in chosen.items() if member != {"Ref": "AWS::NoValue"}}
    return [choose(member, auth) for member in value] if isinstance(value, list) else value


def main(path):
    transformed = transform(path)
    bodies = [r["Properties"]["Body"] for r in transformed["Resources"].values() if r["Type"] == "AWS::ApiGateway::RestApi"]
    # Clients of other contracts send the key in one of two headers.
    doors = ("/v1/", "/openai/", "/anthropic/")
    expected = {
        "IAM": lambda route: [{"sigv4": []}],
        "KEY": lambda route: [{"bearer_or_key" if route.startswith(doors) else "bearer": []}, {"api_key": []}],
    }
    seen = 0
    for auth, security_of in expected.items():
        for body in bodies:
            chosen = choose(body, auth)
            for route, item in chosen["paths"].items():
                for method, operation in item.items():
                    if method not in METHODS:
                        continue
                    preflight = method == "options" and operation["x-amazon-apigateway-integration"]["type"] == "mock"
                    # A browser has no key when it loads the page.
                    is_open = preflight or route == "/console"
                    found = operation.get("security")
                    assert found == ([] if is_open else security_of(route)), f"{auth}: {method} {route}: {found}"
                    schemes = chosen["components"]["securitySchemes"]
                    assert all(name in schemes for requirement in found for name in requirement), f"{auth}: {route}"
                    seen += 1
    assert seen > 0
    functions = [r["Properties"] for r in transformed["Resources"].values() if r["Type"] == "AWS::Lambda::Function"]
    print(f"{seen} routes, {len(functions)} functions: all authorized")
    return transformed


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "template.yaml")
