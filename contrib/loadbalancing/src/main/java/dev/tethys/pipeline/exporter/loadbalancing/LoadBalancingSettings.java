package dev.tethys.pipeline.exporter.loadbalancing;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code loadbalancing} exporter.
 *
 * @param key null for the default of each signal
 * @param attributes attributes whose values form the key
 * @param client client settings of backends
 * @param namesEndpoint whether the client settings have an endpoint, which is ignored
 * @param delivery queue settings of each backend
 */
public record LoadBalancingSettings(
    @Nullable RoutingKey key,
    List<String> attributes,
    GrpcClientSettings client,
    boolean namesEndpoint,
    DeliverySettings delivery,
    Source source) {
  static final String USER_AGENT = "Tethys";
  static final int PORT = 4317;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** Source of backends. */
  sealed interface Source {}

  /** A list. */
  record Listed(List<String> hostnames) implements Source {}

  /**
   * All addresses of a DNS name.
   *
   * @param port appended to each address; "" for the default
   */
  record Dns(String hostname, String port, Duration interval, Duration timeout) implements Source {}

  /**
   * Endpoints of a Kubernetes service.
   *
   * @param namespace null for the namespace of this pod
   * @param ports ports of the service; empty for the default
   * @param timeout timeout of the initial list
   * @param hostnames whether pods are addressed by name
   */
  record Service(
      String name,
      @Nullable String namespace,
      List<Integer> ports,
      Duration timeout,
      boolean hostnames)
      implements Source {}

  /**
   * Instances of a service of AWS Cloud Map.
   *
   * @param ownerAccount account of a shared namespace; "" for the own
   * @param port 0 for the port of each instance
   * @param region "" for the environment's region
   * @param endpoint "" for the region's default
   */
  record CloudMap(
      String namespace,
      String service,
      String healthStatus,
      String ownerAccount,
      int port,
      Duration interval,
      Duration timeout,
      String region,
      String endpoint)
      implements Source {}

  private static final Section OTLP =
      new Section("otlp", "OTLP client of each backend.").include(DeliverySettings.SECTION);
  private static final GrpcClientSettings.Keys CLIENT = GrpcClientSettings.Keys.template(OTLP);
  private static final Section PROTOCOL = new Section("protocol", "Protocol of the backends.");
  private static final Type<YamlObject> OTLP_TYPE = OTLP.type(o -> o);
  private static final Key<YamlObject> OTLP_KEY =
      PROTOCOL.optional("otlp", OTLP_TYPE, "OTLP over gRPC; the keys of otlp_grpc.");

  private static final Section STATIC = new Section("static", "Static list of backends.");
  private static final Key<List<String>> HOSTNAMES =
      STATIC.key(
          "hostnames",
          Type.list(Type.STRING),
          List.of(),
          "Addresses of the backends: host or host:port; the default port is " + "4317.");

  private static final Section DNS = new Section("dns", "Backends found by DNS.");
  private static final Key<String> HOSTNAME =
      DNS.key("hostname", Type.STRING, "", "Host name to resolve.");
  private static final Key<String> PORT_KEY =
      DNS.key("port", Type.STRING, "", "Port of the backends.");
  private static final Key<Duration> INTERVAL =
      DNS.key("interval", GoDurations.TYPE, Duration.ofSeconds(5), "Interval between DNS lookups.");
  private static final Key<Duration> DNS_TIMEOUT =
      DNS.key("timeout", GoDurations.TYPE, Duration.ofSeconds(1), "Timeout of a DNS lookup.");

  private static final Section K8S = new Section("k8s", "Pods of a Kubernetes service.");
  private static final Key<String> SERVICE =
      K8S.key(
          "service",
          Type.STRING,
          "",
          "Service as name or name.namespace; the default namespace is that of "
              + "this pod, or default.");
  private static final Key<List<Long>> PORTS =
      K8S.key(
          "ports",
          Type.list(Type.INT),
          List.of(),
          "Ports of each pod, one backend per port; the default port is 4317.");
  private static final Key<Duration> K8S_TIMEOUT =
      K8S.key(
          "timeout",
          GoDurations.TYPE,
          Duration.ofMinutes(1),
          "Maximum time that the start waits for the first list.");
  private static final Key<Boolean> RETURN_HOSTNAMES =
      K8S.key(
          "return_hostnames",
          Type.BOOL,
          false,
          "If true, pods of a stateful set are called by host name, as "
              + "hostname.service.namespace.");

  private static final Section RESOLVER =
      new Section("resolver", "Source of the list of backends.");
  private static final Key<Listed> LISTED =
      RESOLVER.optional(
          "static", STATIC.type(LoadBalancingSettings::listed), "Static list of backends.");
  private static final Key<Dns> LOOKED_UP =
      RESOLVER.optional("dns", DNS.type(LoadBalancingSettings::dns), "Backends found by DNS.");
  private static final Key<Service> WATCHED =
      RESOLVER.optional(
          "k8s", K8S.type(LoadBalancingSettings::service), "Pods of a Kubernetes service.");

  private static final Section CLOUD =
      new Section("aws_cloud_map", "Instances registered in AWS Cloud Map.");
  private static final Key<String> NAMESPACE =
      CLOUD.key("namespace", Type.STRING, "", "Name of the namespace.");
  private static final Key<String> SERVICE_NAME =
      CLOUD.key("service_name", Type.STRING, "", "Name of the service.");
  private static final Key<String> HEALTH_STATUS =
      CLOUD.key(
          "health_status",
          Type.oneOf(
              "health status", List.of("HEALTHY", "UNHEALTHY", "ALL", "HEALTHY_OR_ELSE_ALL")),
          "HEALTHY",
          "Health of the instances: HEALTHY, UNHEALTHY, ALL or HEALTHY_OR_ELSE_ALL.");
  private static final Key<String> OWNER_ACCOUNT =
      CLOUD.key("owner_account", Type.STRING, "", "AWS account of a namespace that others share.");
  private static final Key<Duration> CLOUD_INTERVAL =
      CLOUD.key("interval", GoDurations.TYPE, Duration.ofSeconds(30), "Interval between lookups.");
  private static final Key<Duration> CLOUD_TIMEOUT =
      CLOUD.key("timeout", GoDurations.TYPE, Duration.ofSeconds(5), "Timeout of a lookup.");
  private static final Key<Long> CLOUD_PORT =
      CLOUD.key("port", Type.INT, 0L, "Port of the backends; that of each instance by default.");
  private static final Key<String> CLOUD_REGION =
      CLOUD.key("region", Type.STRING, "", "Region of AWS; that of the environment by default.");
  private static final Key<String> CLOUD_ENDPOINT =
      CLOUD.key(
          "endpoint", Type.STRING, "", "URL of AWS Cloud Map; that of the region by default.");
  private static final Key<CloudMap> REGISTERED =
      RESOLVER.optional(
          "aws_cloud_map",
          CLOUD.type(LoadBalancingSettings::cloudMap),
          "Instances registered in AWS Cloud Map.");

  private static final Section SECTION =
      new Section(
              "loadbalancing", "Distributes telemetry over several OTLP backends by a routing key.")
          .include(DeliverySettings.SECTION);
  private static final Key<RoutingKey> ROUTING_KEY =
      SECTION.optional(
          "routing_key",
          Type.oneOf("routing_key", RoutingKey.values(), k -> k.word),
          "Property that selects the backend: traceID (spans, logs), service, resource "
              + "(metrics, logs), metric, streamID (metrics), attributes. Default: service for "
              + "metrics, else traceID.");
  private static final Key<List<String>> ROUTING_ATTRIBUTES =
      SECTION.key(
          "routing_attributes",
          Type.list(Type.STRING),
          List.of(),
          "Attributes that select the backend, with routing_key: attributes.");
  private static final Type<YamlObject> PROTOCOL_TYPE = PROTOCOL.type(LoadBalancingSettings::otlp);
  private static final Key<YamlObject> PROTOCOL_KEY =
      SECTION.optional("protocol", PROTOCOL_TYPE, "Protocol of the backends; OTLP by default.");
  private static final Key<Source> RESOLVER_KEY =
      SECTION.required(
          "resolver",
          RESOLVER.type(LoadBalancingSettings::source),
          "Source of the list of backends.");

  static final Type<LoadBalancingSettings> TYPE = SECTION.type(LoadBalancingSettings::read);

  private static LoadBalancingSettings read(YamlObject o) {
    RoutingKey key = o.find(ROUTING_KEY);
    List<String> attributes = o.get(ROUTING_ATTRIBUTES);
    if (key == RoutingKey.ATTRIBUTES && attributes.isEmpty()) {
      throw o.error(
          ROUTING_KEY, "routing_attributes must be specified when routing_key is \"attributes\"");
    }
    if (key != RoutingKey.ATTRIBUTES && !attributes.isEmpty()) {
      throw o.error(
          ROUTING_ATTRIBUTES,
          "routing_attributes can only be used when routing_key is \"attributes\"");
    }
    YamlNode protocol = o.at(PROTOCOL_KEY);
    YamlObject otlp = protocol == null ? defaults() : PROTOCOL_TYPE.read(protocol);
    return new LoadBalancingSettings(
        key,
        attributes,
        CLIENT.read(otlp, USER_AGENT),
        CLIENT.namesEndpoint(otlp),
        DeliverySettings.read(o, otlp, TIMEOUT),
        o.get(RESOLVER_KEY));
  }

  /** Reads the protocol; a key without a value selects its defaults. */
  private static YamlObject otlp(YamlObject protocol) {
    YamlNode n = protocol.at(OTLP_KEY);
    return n == null ? defaults() : OTLP_TYPE.read(n);
  }

  private static YamlObject defaults() {
    return OTLP_TYPE.read(YamlDocument.parse("load_balancing", null, "{}").root());
  }

  private static Source source(YamlObject o) {
    List<Source> written =
        Stream.<@Nullable Source>of(
                o.find(LISTED), o.find(LOOKED_UP), o.find(WATCHED), o.find(REGISTERED))
            .filter(Objects::nonNull)
            .<Source>map(Objects::requireNonNull)
            .toList();
    if (written.isEmpty()) {
      throw o.error(
          "no resolvers specified for the exporter: write static, dns, k8s or aws_cloud_map");
    }
    if (written.size() > 1) {
      throw o.error("only one resolver should be specified");
    }
    return written.getFirst();
  }

  private static CloudMap cloudMap(YamlObject o) {
    if (o.get(NAMESPACE).isEmpty()) {
      throw o.error("aws_cloud_map requires namespace");
    }
    if (o.get(SERVICE_NAME).isEmpty()) {
      throw o.error("aws_cloud_map requires service_name");
    }
    long port = o.get(CLOUD_PORT);
    if (port < 0 || port > 65_535) {
      throw o.error(CLOUD_PORT, port + " is not a port");
    }
    return new CloudMap(
        o.get(NAMESPACE),
        o.get(SERVICE_NAME),
        o.get(HEALTH_STATUS),
        o.get(OWNER_ACCOUNT),
        (int) port,
        orDefault(o.get(CLOUD_INTERVAL), CLOUD_INTERVAL),
        orDefault(o.get(CLOUD_TIMEOUT), CLOUD_TIMEOUT),
        o.get(CLOUD_REGION),
        o.get(CLOUD_ENDPOINT));
  }

  private static Listed listed(YamlObject o) {
    List<String> names = o.get(HOSTNAMES);
    if (names.isEmpty()) {
      throw o.error("no endpoints specified for the static resolver: write hostnames");
    }
    return new Listed(names);
  }

  private static Dns dns(YamlObject o) {
    String port = o.get(PORT_KEY);
    if (o.get(HOSTNAME).isEmpty()) {
      throw o.error("no hostname specified to resolve the backends");
    }
    if (!port.isEmpty() && !port.matches("[1-9][0-9]{0,4}")) {
      throw o.error(PORT_KEY, "port must be a number, not \"" + port + "\"");
    }
    return new Dns(
        o.get(HOSTNAME),
        port,
        orDefault(o.get(INTERVAL), INTERVAL),
        orDefault(o.get(DNS_TIMEOUT), DNS_TIMEOUT));
  }

  private static Service service(YamlObject o) {
    String name = o.get(SERVICE);
    if (name.isEmpty()) {
      throw o.error("no service specified to resolve the backends");
    }
    for (long p : o.get(PORTS)) {
      if (p < 1 || p > 65_535) {
        throw o.error(PORTS, p + " is not a port");
      }
    }
    int dot = name.indexOf('.');
    return new Service(
        dot < 0 ? name : name.substring(0, dot),
        dot < 0 ? null : name.substring(dot + 1),
        o.get(PORTS).stream().map(Long::intValue).toList(),
        orDefault(o.get(K8S_TIMEOUT), K8S_TIMEOUT),
        o.get(RETURN_HOSTNAMES));
  }

  /** Returns the default for zero, as in the Collector. */
  private static Duration orDefault(Duration d, Key<Duration> key) {
    Duration otherwise = key.defaultValue();
    return d.isPositive() || otherwise == null ? d : otherwise;
  }

  /** Returns the target address of a backend with this name. */
  static String target(String name) {
    if (name.indexOf(':') < 0) {
      return name + ":" + PORT;
    }
    boolean bare = !name.startsWith("[") && name.indexOf(':') != name.lastIndexOf(':');
    boolean address = bare && name.indexOf('/') < 0;
    return address
        ? "[" + name + "]:" + PORT
        : name.startsWith("[") && name.endsWith("]") ? name + ":" + PORT : name;
  }
}
