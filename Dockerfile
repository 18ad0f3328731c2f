# Essaim, on port 8080. The practice Swarm: docker run -p 8080:8080 -v essaim:/data essaim
# A real engine: mount its socket and give the group that owns it (docs/decisions/0001-socket.md).

# For the same image again, name its digest: --build-arg BASE=python:3.11-slim@sha256:…
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
# Streamlit takes itself for a checkout of its own when its folder is not called site-packages.
ENV PIP_NO_CACHE_DIR=1 \
    PIP_NO_COMPILE=1 \
    PIP_ROOT_USER_ACTION=ignore
COPY requirements.lock .
RUN pip install --target /opt/site-packages --require-hashes --requirement requirements.lock
COPY practice practice
RUN pip install --target /opt/site-packages --no-deps ./practice
WORKDIR /opt/site-packages
# Leave behind what never runs here: the packages' own tests, what compilers and type checkers read,
# widgets for notebooks, and Arrow's clients for S3 and Flight.
RUN find numpy pandas plotly pyarrow referencing -name tests -type d -prune -exec rm -r {} + \
    && find . \( -name '*.pxd' -o -name '*.pxi' -o -name '*.pyx' -o -name '*.pyi' \) -delete \
    && rm -r bin share pyarrow/include pyarrow/*flight* pyarrow/*s3* pydeck/nbextension/static \
        plotly/labextension plotly/package_data/datasets plotly/package_data/widgetbundle.js
COPY . /app
# Bytecode that is never checked against its source: neither is written again.
RUN rm -r /app/practice /app/requirements.lock \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/site-packages /app

FROM ${BASE}
# What Essaim keeps: whichever user it runs as may write there, and reads its own files alone.
RUN useradd --uid 10001 --create-home essaim \
    && install --directory --owner=essaim --group=essaim --mode=1777 /data
COPY --from=build /opt/site-packages /opt/site-packages
COPY --from=build /app /app
ENV PYTHONPATH=/opt/site-packages \
    PYTHONUNBUFFERED=1 \
    ESSAIM_DATA=/data \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none
WORKDIR /app
USER 10001
VOLUME /data
EXPOSE 8080
# Streamlit answers 200 to any path: only the body tells that it is well. It has half a minute: Swarm
# ends what is not well, and much to do is no reason for that.
HEALTHCHECK --interval=5s --timeout=10s --retries=6 --start-period=60s \
    CMD ["python", "-c", "import http.client as h, sys; c = h.HTTPConnection('127.0.0.1', 8080, timeout=9); c.request('GET', '/_stcore/health'); sys.exit(c.getresponse().read() != b'ok')"]
CMD ["python", "-m", "streamlit", "run", "app.py"]
