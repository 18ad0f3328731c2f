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

    from streamlit.runtime.pages_manager import PagesManager

    from core.ui.script_runs import show_script_error
    from core.web.server import lifespan, middleware, routes

    # Until the first call of st.navigation, Streamlit takes pages/ for its older kind of multipage
    # app: the first visitor of /build would get the bare page, without its frame.
    PagesManager.uses_pages_directory = False

    app = st.App(
        __file__,
        routes=routes(),
        middleware=middleware(),
        lifespan=lifespan,
        on_script_error=show_script_error,
    )
