package dev.tethys.collect.discovery.uyuni;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code uyuni_sd_configs}: the monitored endpoints of all systems. */
public final class Uyuni implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("uyuni_sd_config", "Targets from the monitored systems of Uyuni.");
  private static final Key<String> SERVER =
      SECTION.key("server", Type.STRING, "", "URL of the server; required.");
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "Username for the Uyuni API; required.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, Secret.NONE, "Password for the Uyuni API; required.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<String> ENTITLEMENT =
      SECTION.key(
          "entitlement",
          Type.STRING,
          "monitoring_entitled",
          "Entitlement by which systems are filtered.");
  private static final Key<String> SEPARATOR =
      SECTION.key("separator", Type.STRING, ",", "Separator that joins the groups of a system.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofMinutes(1));

  public static final Mechanism MECHANISM =
      Mechanism.polling("uyuni", SECTION, REFRESH_INTERVAL, Uyuni::check, Uyuni::new);

  private static final Duration TOKEN_LIFE = Duration.ofMinutes(10);

  private static void check(YamlObject o, Settings s) {
    if (s.get(SERVER).isEmpty()) {
      throw o.error("Uyuni SD configuration requires server host");
    }
    if (s.get(USERNAME).isEmpty()) {
      throw o.error("Uyuni SD configuration requires a username");
    }
    if (s.get(PASSWORD).isEmpty()) {
      throw o.error("Uyuni SD configuration requires a password");
    }
  }

  private final Settings settings;
  private final DiscoveryContext context;
  private final XmlRpc rpc;
  private final String url;
  private String token = "";
  private Instant renew = Instant.MIN;

  private Uyuni(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.context = context;
    this.url = s.get(SERVER).replaceAll("/+$", "") + "/rpc/api";
    this.rpc = new XmlRpc(url, new RestClient(context, s.client()));
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    Instant now = context.clock().instant();
    if (!now.isBefore(renew)) {
      token =
          XmlRpc.text(
              rpc.call(
                  "auth.login",
                  settings.get(USERNAME),
                  settings.get(PASSWORD).value(),
                  TOKEN_LIFE.toSeconds()));
      renew = now.plus(TOKEN_LIFE.dividedBy(2));
    }
    try {
      return List.of(new TargetGroup(url, targets(), Labels.EMPTY));
    } catch (IOException e) {
      renew = Instant.MIN; // the token may have been at fault
      throw e;
    }
  }

  private List<Labels> targets() throws IOException, InterruptedException {
    Map<Object, String> groups = new LinkedHashMap<>();
    for (Map<?, ?> s :
        XmlRpc.structs(
            rpc.call(
                "system.listSystemGroupsForSystemsWithEntitlement",
                token,
                settings.get(ENTITLEMENT)))) {
      List<String> names = new ArrayList<>();
      for (Map<?, ?> g : XmlRpc.structs(s.get("system_groups"))) {
        names.add(XmlRpc.text(g.get("name")));
      }
      groups.put(id(s.get("id")), String.join(settings.get(SEPARATOR), names));
    }
    List<Object> ids = List.copyOf(groups.keySet());
    List<Map<?, ?>> endpoints =
        XmlRpc.structs(rpc.call("system.monitoring.listEndpoints", token, ids));
    Map<Object, Map<?, ?>> networks = new HashMap<>();
    for (Map<?, ?> n : XmlRpc.structs(rpc.call("system.getNetworkForSystems", token, ids))) {
      networks.put(id(n.get("system_id")), n);
    }
    List<Labels> out = new ArrayList<>();
    for (Map<?, ?> e : endpoints) {
      Object id = id(e.get("system_id"));
      Map<?, ?> network = networks.getOrDefault(id, Map.of());
      String host = XmlRpc.text(network.get("hostname"));
      MetaLabels l = new MetaLabels("__meta_uyuni_");
      l.put("minion_hostname", host);
      l.put("primary_fqdn", XmlRpc.text(network.get("primary_fqdn")));
      l.put("system_id", id.toString());
      l.put("groups", groups.getOrDefault(id, ""));
      l.put("endpoint_name", XmlRpc.text(e.get("endpoint_name")));
      l.put("exporter", XmlRpc.text(e.get("exporter_name")));
      l.put("proxy_module", XmlRpc.text(e.get("module")));
      l.put("metrics_path", XmlRpc.text(e.get("path")));
      l.put("scheme", Boolean.TRUE.equals(e.get("tls_enabled")) ? "https" : "http");
      String port = XmlRpc.text(e.get("port"));
      out.add(l.address(host + ":" + (port.isEmpty() ? "0" : port)).build());
    }
    return out;
  }

  private static Object id(@Nullable Object v) {
    return v instanceof Long l ? l : 0L;
  }
}
