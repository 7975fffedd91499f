"""A stack of the product's shape in which nothing happens: its state machine with empty functions, behind the
same gateway with an authorizer. What the product takes beyond it is the product's own."""

import re
from pathlib import Path
from typing import Any, Final

import yaml

from local.engine import parameters
from local.engine.workspace import ROOT
from tests.sam_template import DEFINITION, Template

FOLDERS: Final = Path(__file__).parent / "empty"
_SUFFIX: Final = "FunctionArn"
_ROLE: Final = [{"Statement": [{"Effect": "Allow", "Action": "states:StartExecution", "Resource": "*"}]}]
_NO_PORTS: Final = dict.fromkeys(("stripe", "sites", "registrar", "callbacks", "login"), 0)
_NO_SECRETS: Final = dict.fromkeys(("stripe", "stripe-webhook", "sites", "registrar", "callback-signing"), "")

type Json = dict[str, Any]


def write(folder: Path) -> Path:
    """Write template and definition into the folder; the template's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "machine.asl.yaml").write_text(DEFINITION.read_text())
    path = folder / "template.yaml"
    path.write_text(yaml.safe_dump(_template()))
    return path


def _template() -> Json:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {
            "Function": {
                "Runtime": "python3.13",
                "Handler": "handler.handler",
                "Timeout": 10,
                "MemorySize": 512,
            }
        },
        "Resources": {
            "Api": _api(),
            "AuthorizeFunction": _function("authorize"),
            "AnswerFunction": _function("answer", Get=("GET", "/api/carts/{token}")),
            "StartFunction": _function("start", Post=("POST", "/api/orders")),
            "Machine": _machine(),
        },
        "Outputs": {"FulfilOrderArn": {"Value": {"Ref": "Machine"}}},
    }


def _api() -> Json:
    authorizer = {
        "FunctionArn": {"Fn::GetAtt": ["AuthorizeFunction", "Arn"]},
        "Identity": {"Header": "Authorization", "ReauthorizeEvery": 60},
    }
    auth = {"DefaultAuthorizer": "Anybody", "Authorizers": {"Anybody": authorizer}}
    return {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "live", "Auth": auth}}


def _function(name: str, **routes: tuple[str, str]) -> Json:
    properties: Json = {"CodeUri": str(FOLDERS / name)}
    if routes:
        properties["Events"] = {
            event: {
                "Type": "Api",
                "Properties": {"RestApiId": {"Ref": "Api"}, "Method": method, "Path": path},
            }
            for event, (method, path) in routes.items()
        }
    if name == "start":
        properties["Policies"] = _ROLE
        properties["Environment"] = {"Variables": {"STATE_MACHINE_ARN": {"Ref": "Machine"}}}
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def _machine() -> Json:
    """The product's definition; every function is the one that does nothing, numbers are the local ones."""
    names = sorted(set(re.findall(r"\$\{(\w+)\}", DEFINITION.read_text())))
    numbers = {**Template().parameters, **parameters.build(_NO_PORTS, _NO_SECRETS)}
    arn = {"Fn::GetAtt": ["AnswerFunction", "Arn"]}
    policies = [{"Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]}]
    return {
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {
            "DefinitionUri": "machine.asl.yaml",
            "DefinitionSubstitutions": {
                name: arn if name.endswith(_SUFFIX) else numbers[name] for name in names
            },
            "Policies": policies,
        },
    }


def workspace_home(folder: Path) -> Path:
    """Where the stack keeps its files. Compiled Python is shared between stacks: it is the same code."""
    bytecode = ROOT / ".local" / "pycache"
    bytecode.mkdir(parents=True, exist_ok=True)
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "pycache").exists():
        (home / "pycache").symlink_to(bytecode)
    return home
