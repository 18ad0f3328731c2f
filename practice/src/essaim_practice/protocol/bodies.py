"""The shapes of posted bodies, by the names of Docker's Go types."""

from __future__ import annotations

from collections.abc import Iterable

from essaim_practice.protocol.shapes import BYTES, List, Map, Shape, Struct, Words

_LABELS = Map("string")
_STRINGS = List("string")


def _all(kind: Shape, names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), kind)


def _struct(name: str, *fields: dict[str, Shape], **more: Shape) -> Struct:
    merged: dict[str, Shape] = {}
    for some in (*fields, more):
        merged |= some
    return Struct(name, merged)


def _empty(names: Iterable[str]) -> dict[str, Shape]:
    return {name: Struct(f"swarm.{name}", {}) for name in names}


_HEALTHCHECK = _struct(
    "container.HealthConfig",
    _all("int64", "Interval Timeout StartPeriod StartInterval"),
    Test=_STRINGS,
    Retries="int",
)
_DRIVER = _struct("mount.Driver", Name="string", Options=_LABELS)
_MOUNT = _struct(
    "mount.Mount",
    _all("string", "Type Source Target Consistency"),
    ReadOnly="bool",
    BindOptions=_struct(
        "mount.BindOptions",
        _all("bool", "NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive"),
        Propagation="string",
    ),
    VolumeOptions=_struct(
        "mount.VolumeOptions",
        NoCopy="bool",
        Labels=_LABELS,
        Subpath="string",
        DriverConfig=_DRIVER,
    ),
    ImageOptions=_struct("mount.ImageOptions", Subpath="string"),
    TmpfsOptions=_struct(
        "mount.TmpfsOptions", SizeBytes="int64", Mode="uint32", Options=List(_STRINGS)
    ),
    ClusterOptions=_struct("mount.ClusterOptions"),
)
_ULIMITS = List(_struct("units.Ulimit", Name="string", Hard="int64", Soft="int64"))
_LOG = _struct("container.LogConfig", Type="string", Config=_LABELS)
_BINDING = _struct("nat.PortBinding", HostIp="string", HostPort="string")
_DEVICE = _struct(
    "container.DeviceMapping", _all("string", "PathOnHost PathInContainer CgroupPermissions")
)
_DEVICE_REQUEST = _struct(
    "container.DeviceRequest",
    Driver="string",
    Count="int",
    DeviceIDs=_STRINGS,
    Capabilities=List(_STRINGS),
    Options=_LABELS,
)
_WEIGHTS = List(_struct("blkiodev.WeightDevice", Path="string", Weight="uint16"))
_THROTTLES = List(_struct("blkiodev.ThrottleDevice", Path="string", Rate="uint64"))
_RESTART = _struct("container.RestartPolicy", Name="string", MaximumRetryCount="int")
_LIMITS = (
    _all("string", "CgroupParent CpusetCpus CpusetMems")
    | _all(
        "int64",
        "CpuShares Memory NanoCpus CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime "
        "KernelMemory KernelMemoryTCP MemoryReservation MemorySwap MemorySwappiness PidsLimit "
        "CpuCount CpuPercent",
    )
    | _all("uint16", "BlkioWeight")
    | _all("bool", "OomKillDisable")
)
UPDATE = _struct("container.UpdateConfig", _LIMITS, RestartPolicy=_RESTART)
HOST = _struct(
    "container.HostConfig",
    _LIMITS,
    _all(
        "string",
        "ContainerIDFile NetworkMode VolumeDriver CgroupnsMode IpcMode Cgroup PidMode UTSMode "
        "UsernsMode Runtime Isolation",
    ),
    _all("bool", "AutoRemove Privileged PublishAllPorts ReadonlyRootfs Init"),
    _all("int64", "ShmSize"),
    _all("uint64", "IOMaximumIOps IOMaximumBandwidth"),
    _all(_LABELS, "Annotations StorageOpt Tmpfs Sysctls"),
    _all(
        _STRINGS,
        "Binds VolumesFrom Dns DnsOptions DnsSearch ExtraHosts GroupAdd Links SecurityOpt "
        "DeviceCgroupRules MaskedPaths ReadonlyPaths",
    ),
    _all(Words(), "CapAdd CapDrop"),
    _all(_WEIGHTS, "BlkioWeightDevice"),
    _all(
        _THROTTLES,
        "BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps",
    ),
    LogConfig=_LOG,
    PortBindings=Map(List(_BINDING), nullable=True),
    RestartPolicy=_RESTART,
    ConsoleSize=List("uint64"),
    OomScoreAdj="int",
    Devices=List(_DEVICE),
    DeviceRequests=List(_DEVICE_REQUEST),
    Ulimits=_ULIMITS,
    Mounts=List(_MOUNT),
)
EXEC = _struct(
    "container.ExecOptions",
    _all("string", "User DetachKeys WorkingDir"),
    _all("bool", "Privileged Tty AttachStdin AttachStdout AttachStderr"),
    _all(_STRINGS, "Env Cmd"),
    ConsoleSize=List("uint64"),
)
EXEC_START = _struct(
    "container.ExecStartOptions", _all("bool", "Detach Tty"), ConsoleSize=List("uint64")
)
_ENDPOINT = _struct(
    "network.EndpointSettings",
    _all(
        "string",
        "MacAddress NetworkID EndpointID Gateway IPAddress IPv6Gateway GlobalIPv6Address",
    ),
    _all("int", "IPPrefixLen GlobalIPv6PrefixLen GwPriority"),
    IPAMConfig=_struct(
        "network.EndpointIPAMConfig",
        IPv4Address="string",
        IPv6Address="string",
        LinkLocalIPs=_STRINGS,
    ),
    Links=_STRINGS,
    Aliases=_STRINGS,
    DNSNames=_STRINGS,
    DriverOpts=_LABELS,
)
CONTAINER = _struct(
    "container.CreateRequest",
    _all("string", "Hostname Domainname User Image WorkingDir MacAddress StopSignal"),
    _all(
        "bool",
        "AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce ArgsEscaped NetworkDisabled",
    ),
    _all(Map(Struct("struct {}", {})), "ExposedPorts Volumes"),
    _all(Words(), "Cmd Entrypoint Shell"),
    _all(_STRINGS, "Env OnBuild"),
    Labels=_LABELS,
    StopTimeout="int",
    Healthcheck=_HEALTHCHECK,
    HostConfig=HOST,
    NetworkingConfig=_struct(
        "network.NetworkingConfig", EndpointsConfig=Map(_ENDPOINT, nullable=True)
    ),
)

_FILE = _struct("swarm.ReferenceFileTarget", _all("string", "Name UID GID"), Mode="uint32")
_SECRET = _struct("swarm.SecretReference", File=_FILE, SecretID="string", SecretName="string")
_CONFIG = _struct(
    "swarm.ConfigReference",
    _empty(["Runtime"]),
    File=_FILE,
    ConfigID="string",
    ConfigName="string",
)
_PRIVILEGES = _struct(
    "swarm.Privileges",
    CredentialSpec=_struct("swarm.CredentialSpec", _all("string", "Config File Registry")),
    SELinuxContext=_struct(
        "swarm.SELinuxContext", _all("string", "User Role Type Level"), Disable="bool"
    ),
    Seccomp=_struct("swarm.SeccompOpts", Mode="string", Profile="string"),
    AppArmor=_struct("swarm.AppArmorOpts", Mode="string"),
    NoNewPrivileges="bool",
)
CONTAINER_SPEC = _struct(
    "swarm.ContainerSpec",
    _all("string", "Image Hostname Dir User StopSignal Isolation"),
    _all("bool", "Init TTY OpenStdin ReadOnly"),
    _all(_STRINGS, "Command Args Env Groups Hosts CapabilityAdd CapabilityDrop"),
    _all(_LABELS, "Labels Sysctls"),
    StopGracePeriod="int64",
    OomScoreAdj="int64",
    Healthcheck=_HEALTHCHECK,
    Mounts=List(_MOUNT),
    Privileges=_PRIVILEGES,
    DNSConfig=_struct("swarm.DNSConfig", _all(_STRINGS, "Nameservers Search Options")),
    Secrets=List(_SECRET),
    Configs=List(_CONFIG),
    Ulimits=_ULIMITS,
)
_GENERIC = List(
    _struct(
        "swarm.GenericResource",
        NamedResourceSpec=_struct("swarm.NamedGenericResource", Kind="string", Value="string"),
        DiscreteResourceSpec=_struct("swarm.DiscreteGenericResource", Kind="string", Value="int64"),
    )
)
_PREFERENCE = _struct(
    "swarm.PlacementPreference", Spread=_struct("swarm.SpreadOver", SpreadDescriptor="string")
)
_PLACEMENT = _struct(
    "swarm.Placement",
    Constraints=_STRINGS,
    Preferences=List(_PREFERENCE),
    MaxReplicas="uint64",
    Platforms=List(_struct("swarm.Platform", Architecture="string", OS="string")),
)
_ATTACHMENTS = List(
    _struct("swarm.NetworkAttachmentConfig", Target="string", Aliases=_STRINGS, DriverOpts=_LABELS)
)
_PLUGIN = _struct("swarm.Driver", Name="string", Options=_LABELS)
TASK = _struct(
    "swarm.TaskSpec",
    _empty(["PluginSpec", "NetworkAttachmentSpec"]),
    ContainerSpec=CONTAINER_SPEC,
    Resources=_struct(
        "swarm.ResourceRequirements",
        Limits=_struct("swarm.Limit", _all("int64", "NanoCPUs MemoryBytes Pids")),
        Reservations=_struct(
            "swarm.Resources", _all("int64", "NanoCPUs MemoryBytes"), GenericResources=_GENERIC
        ),
        SwapBytes="int64",
        MemorySwappiness="int64",
    ),
    RestartPolicy=_struct(
        "swarm.RestartPolicy",
        _all("int64", "Delay Window"),
        Condition="string",
        MaxAttempts="uint64",
    ),
    Placement=_PLACEMENT,
    Networks=_ATTACHMENTS,
    LogDriver=_PLUGIN,
    ForceUpdate="uint64",
    Runtime="string",
)
_UPDATE = _struct(
    "swarm.UpdateConfig",
    _all("int64", "Delay Monitor"),
    _all("string", "FailureAction Order"),
    Parallelism="uint64",
    MaxFailureRatio="float64",
)
_JOB = _struct("swarm.ReplicatedJob", _all("uint64", "MaxConcurrent TotalCompletions"))
_PORT = _struct(
    "swarm.PortConfig",
    _all("string", "Name Protocol PublishMode"),
    _all("uint32", "TargetPort PublishedPort"),
)
SERVICE = _struct(
    "swarm.ServiceSpec",
    Name="string",
    Labels=_LABELS,
    TaskTemplate=TASK,
    Mode=_struct(
        "swarm.ServiceMode",
        _empty(["Global", "GlobalJob"]),
        Replicated=_struct("swarm.ReplicatedService", Replicas="uint64"),
        ReplicatedJob=_JOB,
    ),
    UpdateConfig=_UPDATE,
    RollbackConfig=_UPDATE,
    Networks=_ATTACHMENTS,
    EndpointSpec=_struct("swarm.EndpointSpec", Mode="string", Ports=List(_PORT)),
)
NODE = _struct("swarm.NodeSpec", _all("string", "Name Role Availability"), Labels=_LABELS)
_AUTHORITY = _struct("swarm.ExternalCA", _all("string", "Protocol URL CACert"), Options=_LABELS)
SWARM = _struct(
    "swarm.Spec",
    Name="string",
    Labels=_LABELS,
    Orchestration=_struct("swarm.OrchestrationConfig", TaskHistoryRetentionLimit="int64"),
    Raft=_struct(
        "swarm.RaftConfig",
        _all("uint64", "SnapshotInterval KeepOldSnapshots LogEntriesForSlowFollowers"),
        _all("int", "ElectionTick HeartbeatTick"),
    ),
    Dispatcher=_struct("swarm.DispatcherConfig", HeartbeatPeriod="int64"),
    CAConfig=_struct(
        "swarm.CAConfig",
        _all("string", "SigningCACert SigningCAKey"),
        NodeCertExpiry="int64",
        ExternalCAs=List(_AUTHORITY),
        ForceRotate="uint64",
    ),
    TaskDefaults=_struct("swarm.TaskDefaults", LogDriver=_PLUGIN),
    EncryptionConfig=_struct("swarm.EncryptionConfig", AutoLockManagers="bool"),
)
_PAYLOAD: dict[str, Shape] = {
    "Name": "string",
    "Labels": _LABELS,
    "Data": BYTES,
    "Templating": _PLUGIN,
}
SECRET = _struct("swarm.SecretSpec", _PAYLOAD, Driver=_PLUGIN)
CONFIG = _struct("swarm.ConfigSpec", _PAYLOAD)
_ADDRESSES = _all("string", "ListenAddr AdvertiseAddr DataPathAddr Availability")
INIT = _struct(
    "swarm.InitRequest",
    _ADDRESSES,
    _all("bool", "ForceNewCluster AutoLockManagers"),
    DataPathPort="uint32",
    Spec=SWARM,
    DefaultAddrPool=_STRINGS,
    SubnetSize="uint32",
)
UNLOCK = _struct("swarm.UnlockRequest", UnlockKey="string")
JOIN = _struct("swarm.JoinRequest", _ADDRESSES, JoinToken="string", RemoteAddrs=_STRINGS)

_POOL = _struct(
    "network.IPAMConfig",
    _all("string", "Subnet IPRange Gateway"),
    AuxiliaryAddresses=_LABELS,
)
NETWORK = _struct(
    "network.CreateRequest",
    _all("string", "Name Driver Scope"),
    _all("bool", "CheckDuplicate Internal Attachable Ingress ConfigOnly EnableIPv4 EnableIPv6"),
    _all(_LABELS, "Options Labels"),
    IPAM=_struct("network.IPAM", Driver="string", Options=_LABELS, Config=List(_POOL)),
    ConfigFrom=_struct("network.ConfigReference", Network="string"),
)
ATTACHMENT = _struct(
    "network.ConnectOptions", Container="string", EndpointConfig=_ENDPOINT, Force="bool"
)
VOLUME = _struct(
    "volume.CreateOptions",
    _all("string", "Name Driver"),
    _all(_LABELS, "DriverOpts Labels"),
    ClusterVolumeSpec=Struct("volume.ClusterVolumeSpec", {}),
)
AUTH = _struct(
    "registry.AuthConfig",
    _all("string", "username password email auth serveraddress identitytoken registrytoken"),
)
