package dev.tethys.collect.discovery.puppetdb;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** {@code puppetdb_sd_configs}: the resources that a query finds. */
public final class PuppetDb implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("puppetdb_sd_config", "Targets from a query of PuppetDB.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<String> URL =
      SECTION.key("url", Type.STRING, "", "URL of the PuppetDB root query endpoint; required.");
  private static final Key<String> QUERY =
      SECTION.key("query", Type.STRING, "", "Query in the Puppet Query Language (PQL); required.");
  private static final Key<Boolean> INCLUDE_PARAMETERS =
      SECTION.key(
          "include_parameters",
          Type.BOOL,
          false,
          "If true, parameters of resources become labels; they may hold secrets.");
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);

  public static final Mechanism MECHANISM =
      Mechanism.polling("puppetdb", SECTION, REFRESH_INTERVAL, PuppetDb::check, PuppetDb::new);

  private static final Pattern JSON =
      Pattern.compile(
          "application/json(;\\s*charset=(\"utf-8\"|utf-8))?", Pattern.CASE_INSENSITIVE);

  private static void check(YamlObject o, Settings s) {
    String url = s.get(URL);
    if (url.isEmpty()) {
      throw o.error("URL is missing");
    }
    if (!url.startsWith("http:") && !url.startsWith("https:")) {
      throw o.error(URL, "URL scheme must be 'http' or 'https'");
    }
    if (!url.matches("https?://[^/]+.*")) {
      throw o.error(URL, "host is missing in URL");
    }
    if (s.get(QUERY).isEmpty()) {
      throw o.error("query missing");
    }
  }

  private final Settings settings;
  private final String url;
  private final RestClient rest;

  private PuppetDb(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.url = s.get(URL).replaceAll("/+$", "") + "/pdb/query/v4";
    this.rest = new RestClient(context, s.client(), s.get(REFRESH_INTERVAL));
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    String query = settings.get(QUERY);
    RestClient.Reply reply =
        rest.ok(
            rest.post(
                url,
                "application/json",
                RestClient.JSON.writeValueAsBytes(Map.of("query", query))));
    String type = reply.header("Content-Type");
    if (!JSON.matcher(type.strip()).matches()) {
      throw new IOException(url + ": unsupported content type " + type);
    }
    List<Labels> targets = new ArrayList<>();
    for (JsonNode r : reply.json()) {
      targets.add(target(r));
    }
    return List.of(new TargetGroup(url + "?query=" + query, targets, Labels.EMPTY));
  }

  private Labels target(JsonNode r) {
    MetaLabels l = new MetaLabels("__meta_puppetdb_");
    l.put("query", settings.get(QUERY));
    l.put("certname", r.path("certname"));
    l.put("resource", r.path("resource"));
    l.put("type", r.path("type"));
    l.put("title", r.path("title"));
    l.put("exported", r.path("exported").asBoolean(false));
    l.put("file", r.path("file"));
    l.put("environment", r.path("environment"));
    l.list("tags", r.path("tags"), ",");
    if (settings.get(INCLUDE_PARAMETERS)) {
      addParameters(l, "parameter_", r.path("parameters"));
    }
    return l.address(r.path("certname").asString(""), settings.get(PORT)).build();
  }

  private static void addParameters(MetaLabels l, String prefix, JsonNode parameters) {
    for (Map.Entry<String, JsonNode> e : parameters.properties()) {
      JsonNode v = e.getValue();
      if (v.isObject()) {
        addParameters(l, prefix + MetaLabels.sanitized(e.getKey()) + "_", v);
      } else if (v.isArray()) {
        List<String> items = new ArrayList<>();
        v.forEach(i -> items.add(text(i)));
        l.keyed(prefix, e.getKey(), String.join(",", items));
      } else {
        l.keyed(prefix, e.getKey(), text(v));
      }
    }
  }

  /** Formats a value like Go: with an exponent from one million on. */
  private static String text(JsonNode v) {
    if (!v.isNumber()) {
      return MetaLabels.text(v);
    }
    java.math.BigDecimal d =
        new java.math.BigDecimal(Double.toString(v.asDouble())).stripTrailingZeros();
    int exponent = d.precision() - d.scale() - 1;
    if (d.signum() == 0 || (exponent >= -4 && exponent < 6)) {
      return d.toPlainString();
    }
    String digits = d.unscaledValue().abs().toString();
    return (d.signum() < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }
}
