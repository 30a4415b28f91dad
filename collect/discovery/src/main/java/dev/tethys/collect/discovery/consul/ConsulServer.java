package dev.tethys.collect.discovery.consul;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import tools.jackson.databind.JsonNode;

/** Address and authentication of Consul's API, shared by all Consul discoveries. */
final class ConsulServer {
  static final Section SECTION = new Section("consul", "Address of a Consul API.");
  private static final Key<String> SERVER =
      SECTION.key(
          "server", Type.STRING, "localhost:8500", "Address of the Consul API, as host:port.");
  private static final Key<Secret> TOKEN =
      SECTION.key("token", Type.SECRET, Secret.NONE, "Token of Consul's access control list.");
  static final Key<String> DATACENTER =
      SECTION.key("datacenter", Type.STRING, "", "Datacenter; that of the agent if empty.");
  private static final Key<String> SCHEME =
      SECTION.key("scheme", Type.STRING, "http", "http or https.");
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "Deprecated: use basic_auth.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, Secret.NONE, "Deprecated: use basic_auth.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  /** Checks the combination of keys in an entry of {@code NAME_sd_configs}. */
  static void check(String name, YamlObject o, Settings s) {
    if (s.get(SERVER).isBlank()) {
      throw o.error(name + " SD configuration requires a server address");
    }
    boolean user = !s.get(USERNAME).isEmpty() || !s.get(PASSWORD).isEmpty();
    if (user && s.client().basicAuth() != null) {
      throw o.error(
          "at most one of "
              + name
              + " SD configuration username and password and basic auth can be configured");
    }
    if (!s.get(TOKEN).isEmpty()
        && (s.client().authorization() != null || s.client().oauth2() != null)) {
      throw o.error(
          "at most one of " + name + " SD token, authorization, or oauth2 can be configured");
    }
    if (user && (s.client().authorization() != null || s.client().oauth2() != null)) {
      throw o.error("at most one of basic_auth, oauth2 & authorization must be configured");
    }
  }

  final RestClient rest;
  private final String base;
  private final String token;

  /**
   * Creates a client; sends no requests yet.
   *
   * @param prefix path prefix without surrounding slashes; "" for none
   * @param timeout timeout of each call
   */
  ConsulServer(Settings settings, DiscoveryContext context, String prefix, Duration timeout) {
    HttpClientConfig client = settings.client();
    if (!settings.get(USERNAME).isEmpty() || !settings.get(PASSWORD).isEmpty()) {
      client = RestClient.withBasicAuth(client, settings.get(USERNAME), settings.get(PASSWORD));
    }
    String server = settings.get(SERVER);
    String scheme = settings.get(SCHEME);
    Path socket = null;
    int colons = server.indexOf("://");
    if (server.startsWith("unix://")) {
      socket = Path.of(server.substring("unix://".length()));
      scheme = "http";
      server = "localhost";
    } else if (colons > 0) {
      scheme = server.substring(0, colons);
      server = server.substring(colons + 3);
    }
    this.base = scheme + "://" + server + (prefix.isEmpty() ? "" : "/" + prefix);
    this.rest = new RestClient(context, client, socket, timeout);
    String own = settings.get(TOKEN).value();
    this.token = own.isEmpty() ? context.environment().get("CONSUL_HTTP_TOKEN", "") : own;
  }

  /**
   * A call of the API.
   *
   * @param query query string including the question mark; "" if none
   */
  ClientRequest call(String path, String query) throws IOException {
    ClientRequest call = rest.call("GET", base + path + query);
    return token.isEmpty() ? call : call.withHeader("X-Consul-Token", token);
  }

  /** Returns the datacenter reported by an agent. */
  String datacenter(JsonNode self) throws IOException {
    String dc = self.path("Config").path("Datacenter").asString("");
    if (dc.isEmpty()) {
      throw new IOException(base + "/v1/agent/self names no Config.Datacenter");
    }
    return dc;
  }

  /** A name as part of a path. */
  static String inPath(String name) {
    return RestClient.encoded(name).replace("+", "%20");
  }

  /**
   * Adds the labels of a service that a catalog and an agent have in common.
   *
   * @param separator separator around and between tags
   */
  static void describe(MetaLabels l, JsonNode service, String separator) {
    l.put(
        "tags",
        separator + String.join(separator, MetaLabels.texts(service.path("Tags"))) + separator);
    l.put("service_address", service.path("Address").asString(""));
    l.put("service_port", service.path("Port").asLong(0));
    l.put("service_id", service.path("ID"));
    l.keyed("service_metadata_", service.path("Meta"));
  }
}
