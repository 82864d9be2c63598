"""Renders each of the templates with Jinja, set up as the original plugin does. See README.md."""
import json
import os
import sys

import jinja2

here = os.path.dirname(__file__)
with open(os.path.join(here, "response.json"), encoding="utf-8") as file:
    response = json.load(file)
with open(os.path.join(here, "templates.json"), encoding="utf-8") as file:
    templates = json.load(file)


def render(template, autoescape):
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=autoescape)
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False}
    return environment.from_string(template).render(response=response)


rows = [[t, render(t, True), render(t, False)] for t in templates]
json.dump({"jinja2": jinja2.__version__, "rows": rows}, sys.stdout, ensure_ascii=False, indent=1)
print()
