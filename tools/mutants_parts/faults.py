"""Small faults that can be planted into C++ text. Nothing is parsed: where a fault makes no sense, the compiler says so."""

import collections
import random
import re

Fault = collections.namedtuple("Fault", "kind begin end text")

# What is swapped for what. The spaces tell operators from templates, references and signs.
SWAPS = {
    "comparison": {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == "},
    "and, or": {" && ": " || ", " || ": " && "},
    "arithmetic": {" + ": " - ", " - ": " + ", " += ": " -= ", " -= ": " += ", "++": "--", " * ": " / ", " / ": " * "},
    "least, greatest": {"std::min(": "std::max(", "std::max(": "std::min(", "std::min<": "std::max<",
                        "std::max<": "std::min<", "min_element": "max_element", "max_element": "min_element"},
    "truth": {"true": "false", "false": "true"},
    "loop": {"break;": "continue;", "continue;": "break;"},
}
CONSTANT = re.compile(r"(?<![\w.'])(\d+)(?=[uUlL]*(?![\w.'{]))")
NOT = re.compile(r"(?<![\w)])!(?=[\w(*:])")
CONDITION = re.compile(r"\b(?:if|while) \(")
STATEMENT = re.compile(r"(?<=[;{}:)])\s+(?P<all>(?P<head>[\w:.>*\[\]()-]+)(?: [|+&-]?= |\()[^;{}]*;)")
NO_STATEMENT = re.compile(r"(?:return|if|for|while|switch|throw|else|case|using|static_assert|catch)\b")
FUNCTION = re.compile(r"\bvoid [\w:]+\([^;{}]*?\)(?: const)?(?: noexcept)? \{")


def code_of(text):
    """The text with spaces in place of comments, strings, characters and preprocessor lines: places stay the same."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|(?<!\w)\'(?:[^\'\\\n]|\\.)+\'|^[ \t]*#(?:\\\n|[^\n])*'
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.DOTALL | re.MULTILINE)


def closing(code, at):
    """The place of the parenthesis that closes the one at a place, or -1."""
    depth = 0
    for i in range(at, len(code)):
        depth += {"(": 1, ")": -1}.get(code[i], 0)
        if depth == 0:
            return i
    return -1


def all_faults(text):
    """Every fault that can be planted, in the order of the text."""
    code = code_of(text)
    faults = []
    for kind, swaps in SWAPS.items():
        for old, new in swaps.items():
            word = re.escape(old) if not old.isalpha() else rf"\b{old}\b"
            faults += [Fault(kind, found.start(), found.end(), new) for found in re.finditer(word, code)]
    for found in CONSTANT.finditer(code):
        faults += [Fault("constant", *found.span(), str(int(found[1]) + more)) for more in (1, -1) if int(found[1]) + more >= 0]
    faults += [Fault("not", *found.span(), "") for found in NOT.finditer(code)]
    for found in CONDITION.finditer(code):
        begin, end = found.end(), closing(code, found.end() - 1)
        begin += code[begin:end].rfind(";") + 1  # Behind what the condition declares.
        faults += [Fault("condition", begin, end, truth) for truth in ("true", "false")]
    for found in STATEMENT.finditer(code):
        if not NO_STATEMENT.match(found["head"]) and found["all"].count("(") == found["all"].count(")"):
            faults.append(Fault("statement left out", found.start("all"), found.end("all"), "{}"))
    faults += [Fault("return at once", found.end(), found.end(), " return;") for found in FUNCTION.finditer(code)]
    return sorted(faults, key=lambda fault: (fault.begin, fault.text))


def chosen(text, seed):
    """All faults in an order by chance, of each kind in turn: however few are taken, they are of many kinds."""
    chance = random.Random(seed)
    by_kind = collections.defaultdict(list)
    for fault in all_faults(text):
        by_kind[fault.kind].append(fault)
    for faults in by_kind.values():
        chance.shuffle(faults)
    order = []
    while any(by_kind.values()):
        order += [faults.pop() for faults in by_kind.values() if faults]
    return order


def planted(text, fault):
    return text[:fault.begin] + fault.text + text[fault.end:]


def described(text, fault):
    """One line: where the fault is, and what the line was and becomes."""
    number = text.count("\n", 0, fault.begin) + 1
    begin = text.rfind("\n", 0, fault.begin) + 1
    end = text.find("\n", fault.end)
    end = len(text) if end < 0 else end
    before, after = (" ".join(part.split()) for part in (
        text[begin:end], text[begin:fault.begin] + fault.text + text[fault.end:end]))
    return f"{number}: {fault.kind}: {before}  ->  {after}"
