package dev.tethys.collect.discovery.docker;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Filter;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The API of a Docker daemon, over TCP or a Unix socket. */
final class DockerApi {
  private final RestClient rest;
  private final String base;
  private final String filters;

  DockerApi(
      String host,
      List<Filter> filters,
      HttpClientConfig client,
      Duration timeout,
      DiscoveryContext context) {
    DockerDaemon daemon = DockerDaemon.of(host, client);
    this.rest = new RestClient(context, daemon.client(), daemon.address().socket(), timeout);
    this.base = daemon.address().base();
    this.filters = filters(filters);
  }

  static void check(YamlObject o, String host) {
    if (host.isEmpty()) {
      throw o.error("host missing");
    }
    if (!host.matches("(unix|tcp|https?)://.+")) {
      throw o.error(
          "unable to parse docker host `"
              + host
              + "`: it begins with unix://, tcp://, http:// or https://");
    }
  }

  private static String filters(List<Filter> filters) {
    Map<String, ObjectNode> byName = new LinkedHashMap<>();
    for (Filter f : filters) {
      for (String v : f.values()) {
        byName.computeIfAbsent(f.name(), n -> RestClient.JSON.createObjectNode()).put(v, true);
      }
    }
    return byName.isEmpty()
        ? ""
        : "?filters=" + RestClient.encoded(RestClient.JSON.writeValueAsString(byName));
  }

  /** A list with the configured filters. */
  JsonNode filtered(String path) throws IOException, InterruptedException {
    return list(path + filters);
  }

  /** A complete list. */
  JsonNode list(String path) throws IOException, InterruptedException {
    JsonNode n = rest.get(base + path);
    if (!n.isArray()) {
      throw new IOException(base + path + " did not return a list");
    }
    return n;
  }

  /** The labels of each network by its id. */
  Map<String, JsonNode> networks() throws IOException, InterruptedException {
    Map<String, JsonNode> out = new HashMap<>();
    list("/networks").forEach(n -> out.put(n.path("Id").asString(""), n));
    return out;
  }

  /** Adds a target's labels of a network. */
  static void addNetwork(MetaLabels to, Map<String, JsonNode> networks, String id) {
    JsonNode n = networks.get(id);
    if (n != null) {
      to.put("network_id", n.path("Id"));
      to.put("network_name", n.path("Name"));
      to.put("network_scope", n.path("Scope"));
      to.put("network_internal", n.path("Internal").asBoolean(false));
      to.put("network_ingress", n.path("Ingress").asBoolean(false));
      to.keyed("network_label_", n.path("Labels"));
    }
  }
}
