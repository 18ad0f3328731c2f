"""The Python text of ``docker stack deploy``."""

from __future__ import annotations

from core.commands.compose_specs import IMAGE, NAMESPACE

DEPLOY_TEXT = f"""\
there = {{network["Name"] for network in client.api.networks(filters=of_stack)}}
for name, options in networks.items():
    if name not in there:
        client.api.create_network(name, **options)
ids = {{
    "secret": {{secret["Spec"]["Name"]: secret["ID"] for secret in client.api.secrets()}},
    "config": {{config["Spec"]["Name"]: config["ID"] for config in client.api.configs()}},
}}
create = {{"secret": client.api.create_secret, "config": client.api.create_config}}
for kind, wanted in files.items():
    for name, file in wanted.items():
        if name not in ids[kind]:
            data, labels = Path(file).read_bytes(), {{"{NAMESPACE}": stack}}
            ids[kind][name] = create[kind](name, data, labels)["ID"]
known = {{s["Spec"]["Name"]: s for s in client.api.services(filters=of_stack)}}
for spec in services:
    task = spec["task_template"]
    container = task["ContainerSpec"]
    for secret in container.get("Secrets", []):
        secret["SecretID"] = ids["secret"][secret["SecretName"]]
    for config in container.get("Configs", []):
        config["ConfigID"] = ids["config"][config["ConfigName"]]
    try:  # the digest that the image's tag has now
        registry = client.images.get_registry_data(spec["labels"]["{IMAGE}"])
        image = container["Image"] if ":" in container["Image"] else container["Image"] + ":latest"
        container["Image"] = image + "@" + registry.id
        task["Placement"]["Platforms"] = [
            {{"Architecture": p.get("architecture", ""), "OS": p.get("os", "")}}
            for p in registry.attrs.get("Platforms") or []
        ]
    except docker.errors.APIError:
        pass  # on no registry: each node takes its own copy
    old = known.get(spec["name"])
    if old:
        task["ForceUpdate"] = old["Spec"]["TaskTemplate"].get("ForceUpdate", 0)
        client.api.update_service(old["ID"], old["Version"]["Index"], **spec)
    else:
        client.api.create_service(**spec)
"""

PRUNE_TEXT = """\
for name in known.keys() - {spec["name"] for spec in services}:
    client.api.remove_service(name)
"""
