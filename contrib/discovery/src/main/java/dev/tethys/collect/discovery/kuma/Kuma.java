package dev.tethys.collect.discovery.kuma;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.Durations;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code kuma_sd_configs}: the monitoring assignments of Kuma's control plane, requested with
 * Envoy's discovery protocol over HTTP; the server holds a request while nothing changes.
 */
public final class Kuma implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("kuma_sd_config", "Targets from the control plane of Kuma.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(15));
  private static final Key<Duration> FETCH_TIMEOUT =
      SECTION.key(
          "fetch_timeout",
          Type.DURATION,
          Duration.ofMinutes(2),
          "Timeout of a request, for which the server may delay its response.");
  private static final Key<String> SERVER =
      SECTION.key("server", Type.STRING, "", "URL of the control plane; required.");
  private static final Key<String> CLIENT_ID =
      SECTION.key(
          "client_id",
          Type.STRING,
          "",
          "Client ID sent to the control plane; the host name if empty.");

  public static final Mechanism MECHANISM =
      Mechanism.polling("kuma", SECTION, REFRESH_INTERVAL, Kuma::check, Kuma::new);

  private static final String TYPE =
      "type.googleapis.com/kuma.observability.v1.MonitoringAssignment";

  private static void check(YamlObject o, Settings s) {
    if (s.get(SERVER).isEmpty()) {
      throw o.error("kuma SD server must not be empty: ");
    }
    if (!s.get(SERVER).matches("https?://[^/]+.*")) {
      throw o.error(SERVER, "kuma SD server must not be empty and have a scheme: " + s.get(SERVER));
    }
  }

  private final DiscoveryContext context;
  private final String url;
  private final String clientId;
  private final RestClient rest;
  private String version = "";
  private String nonce = "";
  private List<TargetGroup> last = List.of();

  private Kuma(Settings s, DiscoveryContext context) {
    this.context = context;
    this.url =
        s.get(SERVER).replaceAll("/+$", "")
            + "/v3/discovery:monitoringassignments?fetch-timeout="
            + Durations.format(s.get(FETCH_TIMEOUT));
    this.clientId = s.get(CLIENT_ID).isEmpty() ? name() : s.get(CLIENT_ID);
    this.rest = new RestClient(context, s.client(), s.get(FETCH_TIMEOUT).plusSeconds(15));
  }

  private static String name() {
    try {
      return InetAddress.getLocalHost().getCanonicalHostName();
    } catch (IOException e) {
      return "prometheus";
    }
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    try {
      last = fetch();
      return last;
    } catch (IOException e) {
      context.metrics().counter("prometheus_sd_kuma_fetch_failures_total").inc();
      throw e;
    }
  }

  private List<TargetGroup> fetch() throws IOException, InterruptedException {
    ObjectNode body = RestClient.JSON.createObjectNode();
    if (!version.isEmpty()) {
      body.put("version_info", version);
    }
    body.putObject("node").put("id", clientId);
    body.put("type_url", TYPE);
    if (!nonce.isEmpty()) {
      body.put("response_nonce", nonce);
    }
    RestClient.Reply r =
        rest.send(rest.post(url, "application/json", RestClient.JSON.writeValueAsBytes(body)));
    if (r.status() == 304) {
      context.metrics().counter("prometheus_sd_kuma_fetch_skipped_updates_total").inc();
      return last;
    }
    if (r.status() != 200) {
      throw r.error();
    }
    JsonNode n = r.json();
    String type = field(n, "type_url", "typeUrl");
    if (!type.equals(TYPE)) {
      throw new IOException(url + ": received invalid typeURL for Kuma MADS v1 Resource: " + type);
    }
    List<Labels> targets = new ArrayList<>();
    for (JsonNode a : n.path("resources")) {
      for (JsonNode t : a.path("targets")) {
        MetaLabels l = new MetaLabels("__meta_kuma_");
        l.keyed("label_", t.path("labels"));
        l.keyed("label_", a.path("labels"));
        l.put("mesh", a.path("mesh"));
        l.put("service", a.path("service"));
        l.put("dataplane", t.path("name"));
        l.set("instance", t.path("name").asString(""));
        l.set("__scheme__", t.path("scheme").asString(""));
        l.set("__metrics_path__", field(t, "metrics_path", "metricsPath"));
        targets.add(l.address(t.path("address").asString("")).build());
      }
    }
    version = field(n, "version_info", "versionInfo");
    nonce = n.path("nonce").asString("");
    return List.of(new TargetGroup("kuma", targets, Labels.EMPTY));
  }

  /** Returns a field by either of its names in protobuf's JSON. */
  private static String field(JsonNode n, String one, String other) {
    return n.path(one).asString(n.path(other).asString(""));
  }
}
