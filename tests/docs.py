#!/usr/bin/env python3
"""The documentation against the sources.

- Every name that reaches make_error, and every issue of checks/issues.def, has an entry `## name` in docs/errors.md;
  every entry is used. A call whose name cannot be followed to a literal fails the test, so that none slips through.
- Every relative link in README.md and docs/*.md leads to a file and, behind `#`, to a heading.
- Every ```cpp block that begins with `// compiles` compiles: as declarations, or as statements that are given
  `ttt::Result<ttt::LoadedModel> model` where it says `// compiles, given a model`.

usage: docs.py [anchors|links|code]...
"""

import functools
import re
import sys
import tempfile

from tap import INCLUDE, ROOT, WARNINGS, Tap, gcc, in_parallel, run

tap = Tap()
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


# --- anchors: from make_error back to the literals that name an error ------------------------------------------------

def without_comments(text):
    """C++ with comments blanked; literals and line numbers stay."""
    keep = lambda m: m[0] if m[0][0] in "\"'R" else re.sub(r"[^\n]", " ", m[0])
    return re.sub(r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z])\'(?:\\.|[^\'\\\n])\'|//[^\n]*|/\*(?:.|\n)*?\*/',
                  keep, text)


def closing(text, at):
    """Index of the bracket that closes the one at `at`; literals are stepped over."""
    depth = 0
    for m in re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'|[()\[\]{}]').finditer(text, at):
        depth += (m[0] in "([{") - (m[0] in ")]}")
        if depth == 0:
            return m.start()
    return len(text)


def arguments(inside):
    """The top-level parts of an argument or parameter list."""
    if not inside.strip():
        return []
    parts, depth, last = [], 0, 0
    for m in re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'|[()\[\]{},]').finditer(inside):
        depth += (m[0] in "([{") - (m[0] in ")]}")
        if m[0] == "," and depth == 0:
            parts.append(inside[last:m.start()])
            last = m.end()
    return [p.strip() for p in parts + [inside[last:]]]


def top_level_literals(expression):
    """String literals that are not inside a call of the expression: of `has("x") ? "a" : "b"` the last two."""
    flat, at = "", 0
    while (open_ := expression.find("(", at)) >= 0 and re.search(r"\w$", expression[at:open_]):
        flat += expression[at:open_] + " "
        at = closing(expression, open_) + 1
    return re.findall(r'"((?:\\.|[^"\\])*)"', flat + expression[at:])


def calls(text, callee):
    """Every `callee(...)`: (start, whether it is a member's, arguments)."""
    for m in re.finditer(rf"(?<!\w){re.escape(callee)}\s*\(", text):
        open_ = m.end() - 1
        member = text[:m.start()].rstrip().endswith((".", "->"))
        yield m.start(), member, arguments(text[open_ + 1:closing(text, open_)])


HEADER = re.compile(r"(?:auto\s+(?P<lambda>\w+)\s*=\s*\[[^\]]*\]\s*|(?<![\w.>])(?:\w+::)*(?P<function>\w+)\s*)\(")


def definitions(text):
    """Every function or named lambda with a body: (name, is lambda, parameters, header's start, body's end)."""
    for m in HEADER.finditer(text):
        if m["function"] in ("if", "for", "while", "switch", "return", "sizeof", "catch"):
            continue
        end = closing(text, m.end() - 1)
        body = re.compile(r"\)\s*(?:const\s*)?(?:noexcept\s*)?(?:->\s*[\w:<>]+\s*)?\{").match(text, end)
        if body:
            yield (m["lambda"] or m["function"], bool(m["lambda"]), arguments(text[m.end():end]), m.start(),
                   closing(text, body.end() - 1))


def parameter_index(parameters, expression):
    """Which parameter `expression` is, possibly wrapped as std::move(p); or None."""
    word = re.fullmatch(r"(?:std::move\()?(\w+)\)?", expression)
    for i, p in enumerate(parameters):
        if word and re.search(rf"\b{word[1]}\s*(=.*)?$", p):
            return i
    return None


def anchors_used(sources):
    """{name: first place} and the calls that could not be followed."""
    used, lost = {}, []
    listed = {str(f): list(definitions(t)) for f, t in sources.items()}
    local = {f: {name for name, is_lambda, *_ in found if is_lambda} for f, found in listed.items()}
    done, todo = set(), [("make_error", 1, None)]
    while todo:
        callee, index, only = forwarder = todo.pop()
        if forwarder in done:
            continue
        done.add(forwarder)
        for file, text in sources.items():
            if only not in (None, str(file)):
                continue
            for at, member, args in calls(text, callee):
                if only is None and not member and callee in local[str(file)]:
                    continue  # a lambda of that name hides the function
                if only is not None and member:
                    continue
                place = f"{file.relative_to(ROOT)}:{text.count(chr(10), 0, at) + 1}"
                if len(args) <= index or re.match(r"(?:const\s+)?(?:std::)?(?:ErrorKind\s+\w+|string(?:_view)?\b)", args[0]):
                    continue  # a declaration
                names = top_level_literals(args[index])
                for name in names:
                    used.setdefault(name, place)
                if names or args[index] == "name_of(d.issue)":  # the issues of issues.def
                    continue
                around = [d for d in listed[str(file)] if d[3] < at < d[4]]
                for name, is_lambda, parameters, start, _ in sorted(around, key=lambda d: -d[3]):
                    position = parameter_index(parameters, args[index])
                    if position is not None:
                        todo.append((name, position, str(file) if is_lambda else None))
                        break
                else:
                    lost.append(f"{place}: {callee}(…, {args[index]}, …)")
    return used, lost


def check_anchors():
    files = [f for folder in ("include/ttt", "kernels", "tools") for f in sorted((ROOT / folder).rglob("*"))
             if f.suffix in (".hpp", ".ipp", ".cpp", ".inc") and "include/ttt/kernels" not in str(f)]
    used, lost = anchors_used({f: without_comments(f.read_text()) for f in files})
    issues = INCLUDE / "ttt/checks/issues.def"
    for name in re.findall(r"^TTT_ISSUE\((\w+)", issues.read_text(), re.M):
        used.setdefault(name, "include/ttt/checks/issues.def")
    entries = re.findall(r"^## (\S+)$", (ROOT / "docs/errors.md").read_text(), re.M)
    tap.case("the name of every error can be followed to a literal", not lost, "\n".join(lost))
    odd = [f"{n} ({p})" for n, p in used.items() if not NAME.fullmatch(n)]
    tap.case("error names are lower case with underscores", not odd, "\n".join(odd))
    absent = [f"{n} ({p})" for n, p in sorted(used.items()) if n not in entries]
    tap.case(f"each of {len(used)} errors has an entry in docs/errors.md", not absent, "\n".join(absent))
    idle = [n for n in entries if n not in used]
    tap.case(f"each of {len(entries)} entries in docs/errors.md is an error's", not idle, "\n".join(idle))
    twice = sorted({n for n in entries if entries.count(n) > 1})
    tap.case("no entry stands twice", not twice, "\n".join(twice))


# --- links --------------------------------------------------------------------------------------------------------------

def prose(text):
    """Markdown without its code."""
    blank = lambda m: re.sub(r"[^\n]", " ", m[0])
    return re.sub(r"`[^`\n]*`", blank, re.sub(r"^```.*?^```", blank, text, flags=re.M | re.S))


@functools.cache
def headings(path):
    """The anchors GitHub gives a file's headings."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    titles = re.findall(r"^#+ +(.+?) *$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


def check_links():
    for doc in DOCS:
        text = prose(doc.read_text())
        broken = []
        for m in re.finditer(r"\]\(([^)\s]+)\)", text):
            path, _, anchor = m[1].partition("#")
            if re.match(r"[a-z]+:", path):
                continue
            target = (doc.parent / path).resolve() if path else doc
            line = text.count("\n", 0, m.start()) + 1
            if not target.exists():
                broken.append(f"line {line}: {m[1]}: there is no {path}")
            elif anchor and target.suffix == ".md" and anchor not in headings(target):
                broken.append(f"line {line}: {m[1]}: no heading is called {anchor}")
        tap.case(f"the links of {doc.relative_to(ROOT)} lead somewhere", not broken, "\n".join(broken))


# --- code ---------------------------------------------------------------------------------------------------------------

def blocks(doc):
    """(first line of code, code, whether it consists of statements) of each block that is to compile."""
    text = doc.read_text()
    for m in re.finditer(r"^```cpp\n(// compiles(, given a model)?\n.*?)^```$", text, re.M | re.S):
        yield text.count("\n", 0, m.start(1)) + 1, m[1], bool(m[2])


def faults_in(source, name, first, folder):
    """The compiler's complaints about `source`, which holds the code that stands at name:first."""
    path = f"{folder}/{re.sub(r'[^a-z]', '_', str(name))}_{first}.cpp"
    with open(path, "w") as f:
        f.write(source)
    status, out = run([gcc(), "-std=c++20", "-fsyntax-only", "-DTTT_SEPARATE_COMPILATION", "-fdiagnostics-color=never",
                       *WARNINGS, "-Wno-unused", "-I", INCLUDE, path])
    return out[:4000] if status else ""


def check_code():
    """Programs compile as they stand; pieces without `main` get the headers, and a function around statements."""
    with tempfile.TemporaryDirectory(prefix="ttt-docs-") as folder:
        def judge(job):
            doc, (line, code, statements) = job
            name = doc.relative_to(ROOT)
            mark = f'#line {line} "{name}"\n'
            if re.search(r"^#include ", code, re.M):
                source = mark + code
            else:
                source = "#include <cstdio>\n#include <ttt/ttt.hpp>\nusing namespace ttt;\n"
                if statements:
                    source += ("int given(Result<LoadedModel> model);\nint given(Result<LoadedModel> model) {\n"
                               f"{mark}{code}(void)model; return 0;\n}}\n")
                else:
                    source += mark + code
            return name, line, faults_in(source, name, line, folder)

        jobs = [(doc, block) for doc in DOCS for block in blocks(doc)]
        for name, line, faults in in_parallel(judge, jobs):
            tap.case(f"the code at {name}:{line} compiles", not faults, faults)


PARTS = {"anchors": check_anchors, "links": check_links, "code": check_code}
for part in sys.argv[1:] or PARTS:
    PARTS[part]()
sys.exit(tap.finish())
