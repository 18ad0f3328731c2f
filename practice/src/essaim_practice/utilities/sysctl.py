"""sysctl: settings of the kernel, as /proc/sys has them."""

from __future__ import annotations

from essaim_practice.files import sysctls
from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, line
from essaim_practice.utilities.base import ENTRY, Options, opened, options, place, reason, tool


@tool("sysctl", usage="[-enq] { -a | -p [FILE]... | [-w] [KEY[=VALUE]]... }")
def sysctl(argv: list[str], context: Context) -> Steps:
    asked, words = options(argv, "enqawp"), list[str]()
    if "a" in asked:
        found = context.fs.walk(sysctls.ROOT)
        words = [path.removeprefix(f"{sysctls.ROOT}/") for path in found]
        words = [name for name in words if not context.fs.is_folder(f"{sysctls.ROOT}/{name}")]
    elif "p" in asked:
        for name in asked.words or ["/etc/sysctl.conf"]:
            try:
                rows = yield from opened(context, name).whole()
            except OSError as error:
                yield line(f"sysctl: {name}: {reason(error)}", 2)
                return 1
            texts = (row.decode(errors="replace").strip() for row in rows)
            words += ["".join(text.split(" ")) for text in texts if text and text[0] not in "#;"]
    code = 0
    for word in words or asked.words:
        yield ENTRY
        code |= yield from _one(word, asked, context)
    return code


def _one(word: str, given: Options, context: Context) -> Steps:
    name, equals, value = word.partition("=")
    key = sysctls.path_of(name).replace("/", ".")
    if "w" in given and not equals:
        yield line(f"sysctl: error: '{word}' must be of the form name=value", 2)
        return 1
    path = place(context, f"{sysctls.ROOT}/{sysctls.path_of(name)}")
    try:
        text = context.fs.read(path).decode(errors="replace").strip()
        if equals:
            context.fs.write(path, f"{value}\n".encode())
            text = value
    except FileNotFoundError:
        if "e" in given:
            return 0
        yield line(f"sysctl: error: '{key}' is an unknown key", 2)
        return 1
    except OSError as error:
        verb = "setting" if equals else "reading"
        yield line(f"sysctl: error {verb} key '{key}': {reason(error)}", 2)
        return 1
    if not (equals and "q" in given):
        yield line(text if "n" in given else f"{key} = {text}")
    return 0
