package dev.tethys.collect.discovery.openstack;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** {@code openstack_sd_configs}: hypervisors, instances or load balancers of one region. */
public final class OpenStack implements PollingDiscovery.Source {
  private static final System.Logger LOG = JulLogger.of(OpenStack.class.getName());

  static final Section SECTION = new Section("openstack_sd_config", "Targets from OpenStack.");
  private static final Keystone.Keys KEYS = new Keystone.Keys(SECTION);
  private static final Key<String> ROLE =
      Mechanism.word(
          SECTION,
          "role",
          "",
          "Role of the targets; required.",
          "unknown OpenStack SD role \"%s\"",
          "hypervisor",
          "instance",
          "loadbalancer");
  private static final Key<String> REGION =
      SECTION.key("region", Type.STRING, "", "OpenStack region; required.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);
  private static final Key<Boolean> ALL_TENANTS =
      SECTION.key(
          "all_tenants",
          Type.BOOL,
          false,
          "If true, instances of all projects are listed; usually requires admin permissions.");
  private static final Key<TlsConfig> TLS_CONFIG =
      SECTION.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings of the client.");
  private static final Key<String> AVAILABILITY =
      SECTION.key(
          "availability",
          Type.STRING,
          "public",
          "Availability of the endpoints: public, internal or admin.");

  public static final Mechanism MECHANISM =
      Mechanism.polling("openstack", SECTION, REFRESH_INTERVAL, OpenStack::check, OpenStack::new);

  private static void check(YamlObject o, Settings s) {
    if (!List.of("public", "internal", "admin").contains(s.get(AVAILABILITY))) {
      throw o.error(
          AVAILABILITY,
          "unknown availability "
              + s.get(AVAILABILITY)
              + ", must be one of admin, internal or public");
    }
    if (s.get(ROLE).isEmpty()) {
      throw o.error("role missing (one of: instance, hypervisor, loadbalancer)");
    }
    if (s.get(REGION).isEmpty()) {
      throw o.error("openstack SD configuration requires a region");
    }
  }

  private final Settings settings;
  private final RestClient rest;
  private final Keystone keystone;

  private OpenStack(Settings s, DiscoveryContext context) {
    this.settings = s;
    HttpClientConfig client =
        new HttpClientConfig(
            null, null, null, s.get(TLS_CONFIG), true, true, ProxyConfig.NONE, Map.of());
    this.rest = new RestClient(context, client, s.get(REFRESH_INTERVAL));
    this.keystone =
        new Keystone(
            KEYS.credentials(s, context.environment()), s.get(REGION), s.get(AVAILABILITY), rest);
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    Keystone.Session session = keystone.logIn();
    List<Labels> targets =
        switch (settings.get(ROLE)) {
          case "hypervisor" -> hypervisors(session);
          case "instance" -> instances(session);
          default -> balancers(session);
        };
    return List.of(new TargetGroup("OS_" + settings.get(REGION), targets, Labels.EMPTY));
  }

  private List<JsonNode> all(Keystone.Session session, String url, String list)
      throws IOException, InterruptedException {
    List<JsonNode> out = new ArrayList<>();
    String next = url;
    for (int page = 0; page < RestClient.MAX_PAGES; page++) {
      JsonNode n = rest.json(rest.call("GET", next).withHeader("X-Auth-Token", session.token()));
      n.path(list).forEach(out::add);
      next = "";
      for (JsonNode link : n.path(list + "_links")) {
        if (link.path("rel").asString("").equals("next")) {
          next = link.path("href").asString("");
        }
      }
      if (next.isEmpty()) {
        return out;
      }
    }
    throw new IOException(url + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private List<Labels> hypervisors(Keystone.Session s) throws IOException, InterruptedException {
    List<Labels> out = new ArrayList<>();
    for (JsonNode h : all(s, s.endpoint("compute") + "/os-hypervisors/detail", "hypervisors")) {
      MetaLabels l = new MetaLabels("__meta_openstack_hypervisor_");
      String ip = h.path("host_ip").asString("");
      l.put("id", h.path("id"));
      l.put("hostname", h.path("hypervisor_hostname"));
      l.put("host_ip", ip);
      l.put("status", h.path("status"));
      l.put("state", h.path("state"));
      l.put("type", h.path("hypervisor_type"));
      out.add(l.address(ip, settings.get(PORT)).build());
    }
    return out;
  }

  private List<Labels> instances(Keystone.Session s) throws IOException, InterruptedException {
    String network = s.endpoint("network") + "/v2.0";
    Map<String, String> devices = new HashMap<>();
    for (JsonNode p : all(s, network + "/ports", "ports")) {
      devices.put(p.path("id").asString(""), p.path("device_id").asString(""));
    }
    Map<String, String> floating = new HashMap<>(); // by device and fixed address
    Set<String> present = new HashSet<>();
    for (JsonNode f : all(s, network + "/floatingips", "floatingips")) {
      String port = MetaLabels.text(f.path("port_id"));
      String fixed = MetaLabels.text(f.path("fixed_ip_address"));
      if (port.isEmpty() || fixed.isEmpty()) {
        continue;
      }
      String device = devices.get(port);
      if (device == null) {
        LOG.log(Level.WARNING, "openstack: the port {0} of a floating IP is unknown", port);
        continue;
      }
      String open = f.path("floating_ip_address").asString("");
      floating.put(device + " " + fixed, open);
      present.add(open);
    }
    String tenants = settings.get(ALL_TENANTS) ? "?all_tenants=true" : "";
    List<Labels> out = new ArrayList<>();
    for (JsonNode i : all(s, s.endpoint("compute") + "/servers/detail" + tenants, "servers")) {
      addInstance(out, i, floating, present);
    }
    return out;
  }

  private void addInstance(
      List<Labels> out, JsonNode i, Map<String, String> floating, Set<String> present) {
    JsonNode flavor = i.path("flavor");
    String named =
        flavor.path("original_name").isString()
            ? flavor.path("original_name").asString()
            : flavor.path("id").asString("");
    String id = i.path("id").asString("");
    if (!flavor.path("original_name").isString() && !flavor.path("id").isString()) {
      LOG.log(Level.WARNING, "openstack: instance {0} has no flavor and is skipped", id);
      return;
    }
    for (Map.Entry<String, JsonNode> pool : i.path("addresses").properties()) {
      for (JsonNode a : pool.getValue()) {
        String ip = a.path("addr").asString("");
        if (ip.isEmpty() || present.contains(ip)) {
          continue;
        }
        MetaLabels l = new MetaLabels("__meta_openstack_");
        l.put("instance_id", id);
        l.put("instance_status", i.path("status"));
        l.put("instance_name", i.path("name"));
        l.put("project_id", i.path("tenant_id"));
        l.put("user_id", i.path("user_id"));
        l.put("instance_flavor", named);
        l.put("instance_image", i.path("image").path("id"));
        l.keyed("tag_", i.path("metadata"));
        l.put("address_pool", pool.getKey());
        l.put("private_ip", ip);
        l.put("public_ip", floating.getOrDefault(id + " " + ip, ""));
        out.add(l.address(ip, settings.get(PORT)).build());
      }
    }
  }

  private List<Labels> balancers(Keystone.Session s) throws IOException, InterruptedException {
    String base = s.endpoint("load-balancer") + "/v2.0/lbaas";
    List<JsonNode> balancers = all(s, base + "/loadbalancers", "loadbalancers");
    Map<String, Long> ports = new HashMap<>();
    for (JsonNode listener : all(s, base + "/listeners", "listeners")) {
      if (listener.path("protocol").asString("").equals("PROMETHEUS")) {
        for (JsonNode b : listener.path("loadbalancers")) {
          ports.putIfAbsent(b.path("id").asString(""), listener.path("protocol_port").asLong(0));
        }
      }
    }
    Map<String, String> floating = new HashMap<>();
    for (JsonNode f : all(s, s.endpoint("network") + "/v2.0/floatingips", "floatingips")) {
      floating.put(MetaLabels.text(f.path("port_id")), f.path("floating_ip_address").asString(""));
    }
    List<Labels> out = new ArrayList<>();
    for (JsonNode b : balancers) {
      Long port = ports.get(b.path("id").asString(""));
      if (port == null) {
        continue; // it does not serve metrics
      }
      String vip = b.path("vip_address").asString("");
      MetaLabels l = new MetaLabels("__meta_openstack_");
      l.put("loadbalancer_id", b.path("id"));
      l.put("loadbalancer_name", b.path("name"));
      l.put("loadbalancer_operating_status", b.path("operating_status"));
      l.put("loadbalancer_provisioning_status", b.path("provisioning_status"));
      l.put("loadbalancer_availability_zone", b.path("availability_zone"));
      l.put("loadbalancer_vip", vip);
      l.put("loadbalancer_provider", b.path("provider"));
      l.put("project_id", b.path("project_id"));
      l.put("loadbalancer_tags", String.join(",", MetaLabels.texts(b.path("tags"))));
      String portId = b.path("vip_port_id").asString("");
      l.put("loadbalancer_floating_ip", portId.isEmpty() ? "" : floating.getOrDefault(portId, ""));
      out.add(l.address(vip, port).build());
    }
    return out;
  }
}
