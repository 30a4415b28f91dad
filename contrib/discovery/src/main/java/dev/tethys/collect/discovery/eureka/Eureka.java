package dev.tethys.collect.discovery.eureka;

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
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.w3c.dom.Element;

/** {@code eureka_sd_configs}: the instances of all applications. */
public final class Eureka implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("eureka_sd_config", "Targets from the applications of Eureka.");
  private static final Key<String> SERVER =
      SECTION.key("server", Type.STRING, "", "URL of the server's API; required.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(30));

  public static final Mechanism MECHANISM =
      Mechanism.polling("eureka", SECTION, REFRESH_INTERVAL, Eureka::check, Eureka::new);

  private static void check(YamlObject o, Settings s) {
    if (s.get(SERVER).isEmpty()) {
      throw o.error("eureka_sd: empty or null eureka server");
    }
    if (!s.get(SERVER).matches("[a-zA-Z][a-zA-Z0-9+.-]*://[^/]+.*")) {
      throw o.error(SERVER, "eureka_sd: invalid eureka server URL");
    }
  }

  private final String url;
  private final RestClient rest;

  private Eureka(Settings s, DiscoveryContext context) {
    this.url = s.get(SERVER) + "/apps";
    this.rest = new RestClient(context, s.client());
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    byte[] xml = rest.ok(rest.call("GET", url).withHeader("Accept", "application/xml")).body();
    List<Labels> targets = new ArrayList<>();
    for (Element app : XmlReader.children(XmlReader.root(url, xml), "application")) {
      for (Element i : XmlReader.children(app, "instance")) {
        targets.add(target(XmlReader.text(app, "name"), i));
      }
    }
    return List.of(new TargetGroup("eureka", targets, Labels.EMPTY));
  }

  private static Labels target(String app, Element i) {
    MetaLabels l = new MetaLabels("__meta_eureka_app_");
    String host = XmlReader.text(i, "hostName");
    String id = XmlReader.text(i, "instanceId");
    l.set("instance", id);
    l.put("name", app);
    l.put("instance_hostname", host);
    l.put("instance_homepage_url", XmlReader.text(i, "homePageUrl"));
    l.put("instance_statuspage_url", XmlReader.text(i, "statusPageUrl"));
    l.put("instance_healthcheck_url", XmlReader.text(i, "healthCheckUrl"));
    l.put("instance_ip_addr", XmlReader.text(i, "ipAddr"));
    l.put("instance_vip_address", XmlReader.text(i, "vipAddress"));
    l.put("instance_secure_vip_address", XmlReader.text(i, "secureVipAddress"));
    l.put("instance_status", XmlReader.text(i, "status"));
    String country = XmlReader.text(i, "countryId");
    l.put("instance_country_id", country.isEmpty() ? "0" : country);
    l.put("instance_id", id);
    Element port = XmlReader.child(i, "port");
    if (port != null) {
      l.put("instance_port", XmlReader.text(port));
      l.put("instance_port_enabled", port.getAttribute("enabled").equals("true"));
    }
    Element secure = XmlReader.child(i, "securePort");
    if (secure != null) {
      l.put("instance_secure_port", XmlReader.text(secure));
      l.put("instance_secure_port_enabled", secure.getAttribute("enabled").equals("true"));
    }
    l.put("instance_datacenterinfo_name", XmlReader.text(i, "dataCenterInfo", "name"));
    for (Element m : XmlReader.children(XmlReader.child(i, "dataCenterInfo", "metadata"))) {
      l.keyed("instance_datacenterinfo_metadata_", m.getTagName(), XmlReader.text(m));
    }
    for (Element m : XmlReader.children(XmlReader.child(i, "metadata"))) {
      l.keyed("instance_metadata_", m.getTagName(), XmlReader.text(m));
    }
    return l.address(MetaLabels.hostPort(host, port == null ? "80" : XmlReader.text(port))).build();
  }
}
