"""The page on the Python package, read from its sources: names, signatures and what they say of themselves."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

# Most characters of a signature on one line.
WIDTH = 72

PACKAGE = Path(__file__).resolve().parents[1] / "crates" / "python" / "python" / "featurescope"


def page() -> str:
    """Every public name of the package, in alphabetical order."""
    module = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    homes = {
        name.name: node.module
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        for name in node.names
    }
    blocks = [
        "# Python",
        "The public names of the package `featurescope`, from its sources. "
        "[From Python](../crates/python/README.md) shows how they are used.",
    ]
    for name in public_names(module):
        blocks.extend(describe(find(homes[name], name)))
    return "\n\n".join(blocks) + "\n"


def public_names(module: ast.Module) -> list[str]:
    """What `__all__` lists."""
    for node in module.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return sorted(ast.literal_eval(node.value), key=str.lower)
    raise ValueError("the package has no __all__")


def find(module: str, name: str) -> ast.ClassDef | ast.FunctionDef:
    """The class or function of a name, where it is defined; of overloads the one that has the code."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name]
    if not found:
        raise ValueError(f"{module}.py does not define {name}")
    return found[-1]


def describe(node: ast.ClassDef | ast.FunctionDef) -> Iterator[str]:
    """A heading, the signature and what it says; for a class its members too."""
    yield f"## `{node.name}`"
    yield code(signature(node))
    yield text_of(ast.get_docstring(node))
    if isinstance(node, ast.ClassDef):
        members = [*attributes(node), *methods(node)]
        yield "\n".join(f"- `{shown}`{': ' + one_line(doc) if doc else ''}" for shown, doc in members)


def signature(node: ast.ClassDef | ast.FunctionDef) -> str:
    """The line that a reader calls."""
    if isinstance(node, ast.FunctionDef):
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        line = f"def {node.name}({', '.join(parameters(node.args))}){returns}"
        if len(line) <= WIDTH:
            return line
        return f"def {node.name}(\n    " + ",\n    ".join(parameters(node.args)) + f",\n){returns}"
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    return f"class {node.name}({bases})" if bases else f"class {node.name}"


def parameters(arguments: ast.arguments) -> list[str]:
    """The parameters of a function one by one, with the marks that stand between them."""

    def shown(argument: ast.arg, default: ast.expr | None) -> str:
        return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")

    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
    parts = [shown(*pair) for pair in zip(positional, defaults, strict=True)]
    if arguments.posonlyargs:
        parts.insert(len(arguments.posonlyargs), "/")
    if arguments.vararg or arguments.kwonlyargs:
        parts.append(f"*{ast.unparse(arguments.vararg)}" if arguments.vararg else "*")
    parts += [shown(*pair) for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        parts.append(f"**{ast.unparse(arguments.kwarg)}")
    return parts


def methods(node: ast.ClassDef) -> Iterator[tuple[str, str | None]]:
    """Public methods and properties with what they say, and how the class is called."""
    for member in node.body:
        if not isinstance(member, ast.FunctionDef):
            continue
        decorators = {ast.unparse(decorator) for decorator in member.decorator_list}
        doc = ast.get_docstring(member)
        if member.name == "__init__":
            member.args.args = member.args.args[1:]
            yield f"{node.name}({', '.join(parameters(member.args))})", doc
        elif not member.name.startswith("_") and "overload" not in decorators:
            returns = f" -> {ast.unparse(member.returns)}" if member.returns else ""
            if "property" in decorators:
                yield f"{member.name}{returns.replace(' -> ', ': ')}", doc
            else:
                member.args.args = [argument for argument in member.args.args if argument.arg not in ("self", "cls")]
                yield f"{member.name}({', '.join(parameters(member.args))}){returns}", doc


def attributes(node: ast.ClassDef) -> Iterator[tuple[str, str | None]]:
    """Fields of the class and of its instances that have a sentence below them, or are declared."""
    constructors = [m for m in node.body if isinstance(m, ast.FunctionDef) and m.name in ("__init__", "_read")]
    for body in [node.body, *(constructor.body for constructor in constructors)]:
        for statement, following in zip(body, [*body[1:], None], strict=True):
            name = attribute_name(statement)
            doc = text_in(following)
            if name and not name.startswith("_") and (doc or isinstance(statement, ast.AnnAssign)):
                declared = statement.annotation if isinstance(statement, ast.AnnAssign) else None
                yield name + (f": {ast.unparse(declared)}" if declared else ""), doc


def attribute_name(statement: ast.stmt) -> str | None:
    """The name that a statement gives a value: `name = …`, `self.name = …`, `name: type`."""
    target: ast.expr | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    if isinstance(target, ast.Attribute):
        return target.attr
    return target.id if isinstance(target, ast.Name) else None


def text_in(statement: ast.stmt | None) -> str | None:
    """A string that stands by itself."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def code(text: str) -> str:
    return f"```python\n{text}\n```"


def text_of(doc: str | None) -> str:
    """A docstring as Markdown: double backticks are code there, and examples with prompts are code blocks."""
    if not doc:
        return ""
    blocks = []
    for block in plain(doc).split("\n\n"):
        is_example = block.lstrip().startswith(">>>")
        blocks.append(code(block).replace("```python", "```pycon") if is_example else block)
    return "\n\n".join(blocks)


def one_line(doc: str) -> str:
    return " ".join(plain(doc).split())


def plain(doc: str) -> str:
    """A docstring with the marks of Markdown instead of those of reStructuredText."""
    return re.sub(r":[a-z]+:`~?([^`]+)`", r"`\1`", inspect.cleandoc(doc).replace("``", "`"))
