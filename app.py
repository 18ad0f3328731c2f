"""Essaim: see and steer a Docker Swarm.

`streamlit run app.py` finds ``app`` here and serves it: Streamlit, and beside it our live routes.
For each browser Streamlit then runs this same file as a script, which draws the page asked for.
"""

import streamlit as st

if __name__ == "__main__":
    from core.ui.frame import run

    run()
else:
    from core.control.classroom import begin

    begin()  # while the rest is loaded, the workers start

    from core.ui.quiet import quiet
    from core.ui.script_runs import show_script_error
    from core.web.server import lifespan, middleware, routes

    quiet()

    app = st.App(
        __file__,
        routes=routes(),
        middleware=middleware(),
        lifespan=lifespan,
        on_script_error=show_script_error,
    )
