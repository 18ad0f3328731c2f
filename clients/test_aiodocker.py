"""The example of aiodocker's README, and more of what its documentation shows."""

import asyncio

import aiodocker


def played(example):
    async def session():
        docker = aiodocker.Docker()
        try:
            return await asyncio.wait_for(example(docker), 120)
        finally:
            await docker.close()

    return asyncio.run(session())


def test_the_readme():
    async def list_things(docker):
        print("== Images ==")
        for image in await docker.images.list():
            tags = image["RepoTags"][0] if image["RepoTags"] else ""
            print(image["Id"], tags)
        print("== Containers ==")
        for container in await docker.containers.list():
            print(f" {container._id}")

    async def run_container(docker):
        print("== Running a hello-world container ==")
        container = await docker.containers.create_or_replace(
            config={"Cmd": ["/bin/ash", "-c", 'echo "hello world"'], "Image": "alpine:latest"},
            name="testing",
        )
        await container.start()
        await container.wait()
        logs = await container.log(stdout=True)
        await container.delete(force=True)
        return "".join(logs)

    async def main(docker):
        await docker.images.pull("alpine", tag="latest")
        await list_things(docker)
        return await run_container(docker)

    assert played(main) == "hello world\n"


def test_an_exec_is_spoken_with():
    async def main(docker):
        await docker.images.pull("alpine", tag="latest")
        container = await docker.containers.run(
            config={"Cmd": ["sleep", "1000"], "Image": "alpine:latest"}, name="asked"
        )
        execute = await container.exec(["cat"], stdin=True)
        async with execute.start(detach=False) as stream:
            await stream.write_in(b"over and back\n")
            message = await stream.read_out()
        await container.delete(force=True)
        return message.data

    assert played(main) == b"over and back\n"


def test_files_go_in_and_out(tmp_path):
    import io
    import tarfile

    async def main(docker):
        await docker.images.pull("alpine", tag="latest")
        container = await docker.containers.create_or_replace(
            config={"Cmd": ["sleep", "1000"], "Image": "alpine:latest"}, name="files"
        )
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            member = tarfile.TarInfo("note.txt")
            member.size = 5
            tar.addfile(member, io.BytesIO(b"hello"))
        await container.put_archive("/tmp", archive.getvalue())
        back = await container.get_archive("/tmp/note.txt")
        await container.delete(force=True)
        return back.extractfile("note.txt").read()

    assert played(main) == b"hello"


def test_a_service_of_the_swarm():
    async def main(docker):
        service = await docker.services.create(
            name="web",
            task_template={"ContainerSpec": {"Image": "nginx:alpine"}},
            mode={"Replicated": {"Replicas": 2}},
        )
        try:
            while True:
                tasks = await docker.tasks.list(filters={"service": "web"})
                if [task["Status"]["State"] for task in tasks].count("running") == 2:
                    break
                await asyncio.sleep(0.1)
            inspected = await docker.services.inspect(service["ID"])
            version = inspected["Version"]["Index"]
            await docker.services.update(service["ID"], version, image="nginx:1.25")
            inspected = await docker.services.inspect(service["ID"])
            nodes = await docker.nodes.list()
        finally:
            await docker.services.delete(service["ID"])
        return inspected["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"], len(nodes)

    image, nodes = played(main)
    assert image.startswith("nginx:1.25")
    assert nodes == 3


def test_events_and_volumes():
    async def main(docker):
        events = docker.events.subscribe()
        volume = await docker.volumes.create({"Name": "kept"})
        event = await events.get()
        while event["Type"] != "volume":
            event = await events.get()
        await volume.delete()
        return event["Action"], event["Actor"]["ID"]

    assert played(main) == ("create", "kept")
