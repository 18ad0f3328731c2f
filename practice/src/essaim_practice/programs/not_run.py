"""The page in place of a Streamlit script that is not run: the reason, and the script."""

from __future__ import annotations

import html
from collections.abc import Mapping
from enum import Enum

from essaim_practice.programs.script_check import CALLS, Refusal


class Process(Enum):
    """Reasons that lie in the process, not in the script."""

    MISSING = "missing"
    ENDED = "ended"


MISSING, ENDED = Process.MISSING, Process.ENDED
_TEXTS = {
    "en": {
        "title": "This app is not run here",
        "simulated": "The container {replica} is simulated.",
        "missing": "Streamlit is not installed on the machine of the practice engine.",
        "ended": "The process that runs the apps of your cluster, and of others, has ended: an app "
        "took more memory or time than it may. It starts again in a few seconds; then reload this "
        "page. If it was yours, make it smaller and build the image anew.",
        "line": "The practice engine runs an app for real when it only draws. "
        "Line {line} asks for more:",
        "whole": "The practice engine runs an app for real when it is short, and only draws.",
        "may": "What it may use",
        "elsewhere": "A real Docker engine runs any app.",
    },
    "fr": {
        "title": "Cette application n’est pas exécutée ici",
        "simulated": "Le conteneur {replica} est simulé.",
        "missing": "Streamlit n’est pas installé sur la machine du moteur d’entraînement.",
        "ended": "Le processus qui exécute les applications de votre cluster, et d’autres, s’est "
        "arrêté : une application prenait plus de mémoire ou de temps qu’elle n’en a le droit. Il "
        "redémarre dans quelques secondes ; rechargez alors cette page. Si c’était la vôtre, "
        "réduisez-la et reconstruisez l’image.",
        "line": "Le moteur d’entraînement exécute vraiment une application qui ne fait "
        "qu’afficher. La ligne {line} en demande plus :",
        "whole": "Le moteur d’entraînement exécute vraiment une application courte qui ne fait "
        "qu’afficher.",
        "may": "Ce qu’elle peut utiliser",
        "elsewhere": "Un vrai moteur Docker exécute n’importe laquelle.",
    },
}


def language(headers: Mapping[str, str]) -> str:
    """``fr`` for a browser that asks for French first, else ``en``."""
    return "fr" if headers.get("accept-language", "").lower().startswith("fr") else "en"


def page(source: str, why: Refusal | Process, replica: str, tongue: str) -> str:
    """The page in HTML. tongue: see ``language``."""
    say = _TEXTS[tongue]
    if isinstance(why, Process):
        reason = f"<p>{say[why.value]}</p>"
    elif why.line:
        reason = f"<p>{say['line'].format(line=why.line)}</p><pre>{html.escape(why.text)}</pre>"
    else:
        reason = f"<p>{say['whole']}</p>"
    allowed = ", ".join(f"<code>st.{name}</code>" for name in sorted(CALLS["streamlit"]))
    shown = say["simulated"].format(replica=f"<strong>{html.escape(replica)}</strong>")
    return f"""<!DOCTYPE html>
<html lang="{tongue}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{say["title"]}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }}
pre {{ overflow-x: auto; padding: .6em 1em; border-left: 4px solid #c77700; }}
</style>
</head>
<body>
<h1>{say["title"]}</h1>
{reason}
<details><summary>{say["may"]}</summary>
<p>{allowed}, <code>st.sidebar</code>, <code>pd.DataFrame</code>, <code>if</code>,
<code>with</code></p></details>
<p>{shown} {say["elsewhere"]}</p>
<h2>app.py</h2>
<pre>{html.escape(source)}</pre>
</body>
</html>
"""
