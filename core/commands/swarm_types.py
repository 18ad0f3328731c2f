"""The structs in which docker's command holds the Swarm's objects (moby, api/types/swarm)."""

from __future__ import annotations

from core.templates.typed import Types, declared

_META = "ID string, Version swarm.Version, CreatedAt time, UpdatedAt time"

TYPES: Types = declared(f"""
swarm.Version: Index int
swarm.Driver: Name string, Options map string
swarm.Secret: {_META}, Spec swarm.SecretSpec
swarm.SecretSpec: Name string, Labels map string, Data bytes, Driver *swarm.Driver, Templating
    *swarm.Driver
swarm.Config: {_META}, Spec swarm.ConfigSpec
swarm.ConfigSpec: Name string, Labels map string, Data bytes, Templating *swarm.Driver
swarm.Node: {_META}, Spec swarm.NodeSpec, Description swarm.NodeDescription, Status
    swarm.NodeStatus, ManagerStatus *swarm.ManagerStatus
swarm.NodeSpec: Name string, Labels map string, Role string, Availability string
swarm.NodeDescription: Hostname string, Platform swarm.Platform, Resources swarm.Resources,
    Engine swarm.EngineDescription, TLSInfo swarm.TLSInfo, CSIInfo any
swarm.Platform: Architecture string, OS string
swarm.EngineDescription: EngineVersion string, Labels map string, Plugins
    []swarm.PluginDescription
swarm.PluginDescription: Type string, Name string
swarm.TLSInfo: TrustRoot string, CertIssuerSubject any, CertIssuerPublicKey any
swarm.NodeStatus: State string, Message string, Addr string
swarm.ManagerStatus: Leader bool, Reachability string, Addr string
swarm.Service: {_META}, Spec swarm.ServiceSpec, PreviousSpec *swarm.ServiceSpec, Endpoint
    swarm.Endpoint, UpdateStatus *swarm.UpdateStatus, ServiceStatus *swarm.ServiceStatus,
    JobStatus *swarm.JobStatus
swarm.ServiceStatus: RunningTasks int, DesiredTasks int, CompletedTasks int
swarm.JobStatus: JobIteration swarm.Version, LastExecution time
swarm.ServiceSpec: Name string, Labels map string, TaskTemplate swarm.TaskSpec, Mode
    swarm.ServiceMode, UpdateConfig *swarm.UpdateConfig, RollbackConfig *swarm.UpdateConfig,
    Networks any, EndpointSpec *swarm.EndpointSpec
swarm.ServiceMode: Replicated *swarm.ReplicatedService, Global *swarm.GlobalService,
    ReplicatedJob *swarm.ReplicatedJob, GlobalJob *swarm.GlobalJob
swarm.ReplicatedService: Replicas *int
swarm.GlobalService:
swarm.GlobalJob:
swarm.ReplicatedJob: MaxConcurrent *int, TotalCompletions *int
swarm.UpdateStatus: State string, StartedAt *time, CompletedAt *time, Message string
swarm.UpdateConfig: Parallelism int, Delay duration, FailureAction string, Monitor duration,
    MaxFailureRatio float, Order string
swarm.Endpoint: Spec swarm.EndpointSpec, Ports []swarm.PortConfig, VirtualIPs
    []swarm.EndpointVirtualIP
swarm.EndpointSpec: Mode string, Ports []swarm.PortConfig
swarm.EndpointVirtualIP: NetworkID string, Addr string
swarm.PortConfig: Name string, Protocol string, TargetPort int, PublishedPort int, PublishMode
    string
swarm.TaskSpec: ContainerSpec *swarm.ContainerSpec, PluginSpec any, NetworkAttachmentSpec any,
    Resources *swarm.ResourceRequirements, RestartPolicy *swarm.RestartPolicy, Placement
    *swarm.Placement, Networks []swarm.NetworkAttachmentConfig, LogDriver *swarm.Driver,
    ForceUpdate int, Runtime string
swarm.ResourceRequirements: Limits *swarm.Limit, Reservations *swarm.Resources, SwapBytes *int,
    MemorySwappiness *int
swarm.Limit: NanoCPUs int, MemoryBytes int, Pids int
swarm.Resources: NanoCPUs int, MemoryBytes int, GenericResources []any
swarm.RestartPolicy: Condition string, Delay *duration, MaxAttempts *int, Window *duration
swarm.Placement: Constraints []string, Preferences []swarm.PlacementPreference, MaxReplicas int,
    Platforms []swarm.Platform
swarm.PlacementPreference: Spread *swarm.SpreadOver
swarm.SpreadOver: SpreadDescriptor string
swarm.NetworkAttachmentConfig: Target string, Aliases []string, DriverOpts map string
swarm.ContainerSpec: Image string, Labels map string, Command []string, Args []string, Hostname
    string, Env []string, Dir string, User string, Groups []string, Privileges any, Init *bool,
    StopSignal string, TTY bool, OpenStdin bool, ReadOnly bool, Mounts []mount.Mount,
    StopGracePeriod *duration, Healthcheck *container.HealthConfig, Hosts []string, DNSConfig
    *swarm.DNSConfig, Secrets []*swarm.SecretReference, Configs []*swarm.ConfigReference,
    Isolation string, Sysctls map string, CapabilityAdd []string, CapabilityDrop []string,
    Ulimits []any, OomScoreAdj int
swarm.Task: {_META}, Name string, Labels map string, Spec swarm.TaskSpec, ServiceID string, Slot
    int, NodeID string, Status swarm.TaskStatus, DesiredState string, NetworksAttachments []any,
    GenericResources []any, JobIteration *swarm.Version, Volumes []any
swarm.TaskStatus: Timestamp time, State string, Message string, Err string, ContainerStatus
    *swarm.ContainerStatus, PortStatus swarm.PortStatus
swarm.ContainerStatus: ContainerID string, PID int, ExitCode int
swarm.PortStatus: Ports []swarm.PortConfig
plugin.Plugin: ID string=Id, Name string, Enabled bool
container.HealthConfig: Test []string, Interval duration, Timeout duration, StartPeriod
    duration, StartInterval duration, Retries int
swarm.DNSConfig: Nameservers []string, Search []string, Options []string
swarm.SecretReference: File *swarm.FileTarget, SecretID string, SecretName string
swarm.ConfigReference: File *swarm.FileTarget, Runtime any, ConfigID string, ConfigName string
swarm.FileTarget: Name string, UID string, GID string, Mode int
""")
