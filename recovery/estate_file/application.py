"""The blocks about what runs in the regions: services, their gateways, and how they find each other."""

from typing import Annotated

from pydantic import Field

from recovery.estate_file.kinds import (
    Count,
    Flag,
    Host,
    Milliseconds,
    Seconds,
    ServiceName,
    Text,
    UrlPath,
)
from recovery.estate_file.marks import Acts, Idle, Part
from recovery.operation import RegionName

_SERVICES_OWN = "read by the services themselves; a failover neither restarts nor reconfigures them"
_FLAGS = "feature flags belong to the services; no step turns one on or off"
_ROUTING = (
    "between the regions Route 53 decides, and the shift sets its weights; "
    "inside a region the gateway keeps its own rules"
)
_RELEASES = "about releasing and protecting services; a failover leaves the gateway's rules as they are"
_OBSERVABILITY = "the gateway's own records; what a recovery achieved is measured by the prober"
_DISCOVERY = (
    "services find each other through Kubernetes in their own region, which a failover leaves as it is; "
    "clients are moved by DNS"
)
_MESH = "the mesh works inside a region; moving clients between regions does not touch it"


class ApplicationRegion(Part):
    """The services of one region."""

    name: Annotated[RegionName, Acts("the region, named as in postgres_multi_region")]
    services: Annotated[
        tuple[ServiceName, ...],
        Field(min_length=1),
        Acts("the functional checks after a failover go to each of them"),
    ]


class RegionDetection(Part):
    """How a service learns where it runs."""

    method: Annotated[Text | None, Idle(_SERVICES_OWN)] = None
    variable_name: Annotated[Text | None, Idle(_SERVICES_OWN)] = None


class ServiceLookup(Part):
    """How a service finds another."""

    method: Annotated[Text | None, Idle(_DISCOVERY)] = None
    cross_region_enabled: Annotated[Flag | None, Idle(_DISCOVERY)] = None


class FeatureFlags(Part):
    """Where the services' switches are kept."""

    provider: Annotated[Text | None, Idle(_FLAGS)] = None
    cross_region_sync: Annotated[Flag | None, Idle(_FLAGS)] = None


class ApplicationConfiguration(Part):
    """Settings of the services."""

    region_detection: RegionDetection | None = None
    service_discovery: ServiceLookup | None = None
    feature_flags: FeatureFlags | None = None


class ApplicationMultiRegion(Part):
    """The block `application_multi_region`."""

    regions: Annotated[tuple[ApplicationRegion, ...], Field(min_length=2, max_length=2)]
    configuration: ApplicationConfiguration | None = None


class GatewayRegion(Part):
    """The gateway of one region, as clients name it."""

    name: Annotated[RegionName, Acts("the region, named as in postgres_multi_region")]
    endpoint: Annotated[Host, Acts("the name under which this region's gateway is probed and sent traffic")]


class GatewayRouting(Part):
    """How the gateways choose where a request goes."""

    strategy: Annotated[Text | None, Idle(_ROUTING)] = None
    fallback_strategy: Annotated[Text | None, Idle(_ROUTING)] = None
    health_check_path: Annotated[UrlPath, Acts("the path asked of each gateway to see whether it serves")]
    health_check_interval_seconds: Annotated[
        Seconds | None,
        Idle("how often a gateway looks at its own services; detection is timed by Route 53 and the prober"),
    ] = None


class GatewayTraffic(Part):
    """What the gateways do with traffic besides routing it."""

    gradual_rollout: Annotated[Flag | None, Idle(_RELEASES)] = None
    canary_deployments: Annotated[Flag | None, Idle(_RELEASES)] = None
    circuit_breaking: Annotated[Flag | None, Idle(_RELEASES)] = None


class GatewayObservability(Part):
    """What the gateways record."""

    distributed_tracing: Annotated[Flag | None, Idle(_OBSERVABILITY)] = None
    request_logging: Annotated[Flag | None, Idle(_OBSERVABILITY)] = None
    metrics_collection: Annotated[Flag | None, Idle(_OBSERVABILITY)] = None


class ApiGatewayMultiRegion(Part):
    """The block `api_gateway_multi_region`."""

    regions: Annotated[tuple[GatewayRegion, ...], Field(min_length=2, max_length=2)]
    global_endpoint: Annotated[
        Host, Acts("the name clients use: its records are shifted, the prober asks it")
    ]
    routing: GatewayRouting
    traffic_management: GatewayTraffic | None = None
    observability: GatewayObservability | None = None


class CrossRegionDiscovery(Part):
    """How a service finds one of the other region."""

    enabled: Annotated[Flag | None, Idle(_DISCOVERY)] = None
    discovery_method: Annotated[Text | None, Idle(_DISCOVERY)] = None
    service_suffix: Annotated[
        Text | None, Idle("hosts are written in full in this file; no suffix is added to them")
    ] = None


class CircuitBreaker(Part):
    """When the mesh stops asking a service."""

    consecutive_errors: Annotated[Count | None, Idle(_MESH)] = None


class TrafficPolicies(Part):
    """The mesh's rules for requests."""

    timeout_ms: Annotated[Milliseconds | None, Idle(_MESH)] = None
    retry_attempts: Annotated[Count | None, Idle(_MESH)] = None
    circuit_breaker: CircuitBreaker | None = None


class ServiceMesh(Part):
    """The mesh inside each region."""

    enabled: Annotated[Flag | None, Idle(_MESH)] = None
    provider: Annotated[Text | None, Idle(_MESH)] = None
    mtls_enabled: Annotated[Flag | None, Idle(_MESH)] = None
    traffic_policies: TrafficPolicies | None = None


class ServiceDiscovery(Part):
    """The block `service_discovery`."""

    provider: Annotated[Text | None, Idle(_DISCOVERY)] = None
    cross_region: CrossRegionDiscovery | None = None
    service_mesh: ServiceMesh | None = None
