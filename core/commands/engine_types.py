"""The structs in which docker's command holds containers, images, networks and volumes.

They are those of moby's api/types in its order, without the fields that the docker command 29 has
no more: NetworkSettings.IPAddress and its neighbours are found in the engine's JSON alone.
"""

from __future__ import annotations

from core.templates.typed import Types, declared

TYPES: Types = declared("""
container.InspectResponse: ContainerJSONBase embedded container.ContainerJSONBase, Mounts
    []container.MountPoint, Config *container.Config, NetworkSettings *container.NetworkSettings,
    ImageManifestDescriptor *v1.Descriptor?
container.ContainerJSONBase: ID string=Id, Created string, Path string, Args []string, State
    *container.State, Image string, ResolvConfPath string, HostnamePath string, HostsPath string,
    LogPath string, Name string, RestartCount int, Driver string, Platform string, MountLabel
    string, ProcessLabel string, AppArmorProfile string, ExecIDs []string, HostConfig
    *container.HostConfig, GraphDriver storage.DriverData, SizeRw *int?, SizeRootFs *int?
container.State: Status string, Running bool, Paused bool, Restarting bool, OOMKilled bool, Dead
    bool, Pid int, ExitCode int, Error string, StartedAt string, FinishedAt string, Health
    *container.Health?
container.Health: Status string, FailingStreak int, Log []*container.HealthcheckResult
container.HealthcheckResult: Start time, End time, ExitCode int, Output string
container.MountPoint: Type string?, Name string?, Source string, Destination string, Driver
    string?, Mode string, RW bool, Propagation string
container.LogConfig: Type string, Config map string
container.RestartPolicy: Name string, MaximumRetryCount int
container.HostConfig: Binds []string, ContainerIDFile string, LogConfig container.LogConfig,
    NetworkMode string, PortBindings map []nat.PortBinding, RestartPolicy
    container.RestartPolicy, AutoRemove bool, VolumeDriver string, VolumesFrom []string,
    ConsoleSize []int, Annotations map string?, CapAdd []string, CapDrop []string, CgroupnsMode
    string, DNS []string=Dns, DNSOptions []string=DnsOptions, DNSSearch []string=DnsSearch,
    ExtraHosts []string, GroupAdd []string, IpcMode string, Cgroup string, Links []string,
    OomScoreAdj int, PidMode string, Privileged bool, PublishAllPorts bool, ReadonlyRootfs bool,
    SecurityOpt []string, StorageOpt map string?, Tmpfs map string?, UTSMode string, UsernsMode
    string, ShmSize int, Sysctls map string?, Runtime string?, Isolation string, Resources
    embedded container.Resources, Mounts []mount.Mount?, MaskedPaths []string, ReadonlyPaths
    []string, Init *bool?
container.Resources: CPUShares int=CpuShares, Memory int, NanoCPUs int=NanoCpus, CgroupParent
    string, BlkioWeight int, BlkioWeightDevice []any, BlkioDeviceReadBps []any,
    BlkioDeviceWriteBps []any, BlkioDeviceReadIOps []any, BlkioDeviceWriteIOps []any, CPUPeriod
    int=CpuPeriod, CPUQuota int=CpuQuota, CPURealtimePeriod int=CpuRealtimePeriod,
    CPURealtimeRuntime int=CpuRealtimeRuntime, CpusetCpus string, CpusetMems string, Devices
    []container.DeviceMapping, DeviceCgroupRules []string, DeviceRequests []any, KernelMemory
    int?, KernelMemoryTCP int?, MemoryReservation int, MemorySwap int, MemorySwappiness *int,
    OomKillDisable *bool, PidsLimit *int, Ulimits []units.Ulimit, CPUCount int=CpuCount,
    CPUPercent int=CpuPercent, IOMaximumIOps int, IOMaximumBandwidth int
container.DeviceMapping: PathOnHost string, PathInContainer string, CgroupPermissions string
units.Ulimit: Name string, Hard int, Soft int
mount.Mount: Type string?, Source string?, Target string?, ReadOnly bool?, Consistency string?,
    BindOptions any?, VolumeOptions any?, ImageOptions any?, TmpfsOptions any?, ClusterOptions any?
nat.PortBinding: HostIP string=HostIp, HostPort string
container.Config: Hostname string, Domainname string, User string, AttachStdin bool, AttachStdout
    bool, AttachStderr bool, ExposedPorts map exists?, Tty bool, OpenStdin bool, StdinOnce bool,
    Env []string, Cmd []string, Healthcheck *v1.HealthcheckConfig?, ArgsEscaped bool?, Image
    string, Volumes map exists, WorkingDir string, Entrypoint []string, NetworkDisabled bool?,
    MacAddress string?, OnBuild []string, Labels map string, StopSignal string?, StopTimeout
    *int?, Shell []string?
v1.HealthcheckConfig: Test []string?, Interval duration?, Timeout duration?, StartPeriod
    duration?, StartInterval duration?, Retries int?
v1.Descriptor: MediaType string=mediaType, Digest string=digest, Size int=size, URLs []string=urls?,
    Annotations map string=annotations?, Data any=data?, Platform *v1.Platform=platform?,
    ArtifactType string=artifactType?
v1.Platform: Architecture string=architecture, OS string=os, OSVersion string=os.version?,
    OSFeatures []string=os.features?, Variant string=variant?
container.NetworkSettings: NetworkSettingsBase embedded container.NetworkSettingsBase, Networks
    map *network.EndpointSettings
container.NetworkSettingsBase: SandboxID string, SandboxKey string, Ports map []nat.PortBinding
network.EndpointSettings: IPAMConfig *network.EndpointIPAMConfig, Links []string, Aliases
    []string, MacAddress string, DriverOpts map string, GwPriority int, NetworkID string,
    EndpointID string, Gateway string, IPAddress string, IPPrefixLen int, IPv6Gateway string,
    GlobalIPv6Address string, GlobalIPv6PrefixLen int, DNSNames []string
network.EndpointIPAMConfig: IPv4Address string?, IPv6Address string?, LinkLocalIPs []string?
storage.DriverData: Data map string, Name string
image.InspectResponse: ID string=Id, RepoTags []string, RepoDigests []string, Parent string,
    Comment string, Created string?, Container string?, ContainerConfig *container.Config?,
    DockerVersion string, Author string, Config *v1.DockerOCIImageConfig, Architecture string,
    Variant string?, Os string, OsVersion string?, Size int, VirtualSize int?, GraphDriver
    storage.DriverData, RootFS image.RootFS, Metadata image.Metadata, Descriptor *v1.Descriptor?,
    Manifests []any?
v1.DockerOCIImageConfig: ImageConfig embedded v1.ImageConfig, DockerOCIImageConfigExt embedded
    v1.DockerOCIImageConfigExt
v1.ImageConfig: User string?, ExposedPorts map exists?, Env []string?, Entrypoint []string?, Cmd
    []string?, Volumes map exists?, WorkingDir string?, Labels map string?, StopSignal string?,
    ArgsEscaped bool?
v1.DockerOCIImageConfigExt: Healthcheck *v1.HealthcheckConfig?, OnBuild []string?, Shell []string?
image.RootFS: Type string?, Layers []string?
image.Metadata: LastTagTime time?
network.Inspect: Name string, ID string=Id, Created time, Scope string, Driver string, EnableIPv4
    bool, EnableIPv6 bool, IPAM network.IPAM, Internal bool, Attachable bool, Ingress bool,
    ConfigFrom network.ConfigReference, ConfigOnly bool, Containers map network.EndpointResource,
    Options map string, Labels map string, Peers []network.PeerInfo?, Services map
    network.ServiceInfo?
network.IPAM: Driver string, Options map string, Config []network.IPAMConfig
network.IPAMConfig: Subnet string?, IPRange string?, Gateway string?, AuxAddress map
    string=AuxiliaryAddresses?
network.ConfigReference: Network string
network.EndpointResource: Name string, EndpointID string, MacAddress string, IPv4Address string,
    IPv6Address string
network.PeerInfo: Name string, IP string
network.ServiceInfo: VIP string, Ports []string, LocalLBIndex int, Tasks []network.Task
network.Task: Name string, EndpointID string, EndpointIP string, Info map string
volume.Volume: ClusterVolume *volume.ClusterVolume?, CreatedAt string?, Driver string, Labels map
    string, Mountpoint string, Name string, Options map string, Scope string, Status map any?,
    UsageData *volume.UsageData?
volume.ClusterVolume: ID string, Version any, CreatedAt time, UpdatedAt time, Spec any,
    PublishStatus any?, Info any?
volume.UsageData: RefCount int, Size int
""")
