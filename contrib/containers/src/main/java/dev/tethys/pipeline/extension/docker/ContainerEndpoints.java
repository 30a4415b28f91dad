package dev.tethys.pipeline.extension.docker;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** Endpoints for the exposed ports of a container. */
final class ContainerEndpoints {
  private final DockerObserverConfig config;
  private final String observer;

  /**
   * @param observer observer ID, used as the prefix of endpoint IDs
   */
  ContainerEndpoints(DockerObserverConfig config, String observer) {
    this.config = config;
    this.observer = observer;
  }

  /**
   * Endpoints of a container; empty if it does not run.
   *
   * @param about the daemon's data about it
   */
  List<Endpoint> of(JsonNode about) {
    JsonNode state = about.path("State");
    String image = about.path("Config").path("Image").asString("");
    if (!state.path("Running").asBoolean(false)
        || state.path("Paused").asBoolean(false)
        || config.excluded().match(image)) {
      return List.of();
    }
    List<Endpoint> out = new ArrayList<>();
    about
        .path("Config")
        .path("ExposedPorts")
        .properties()
        .forEach(p -> add(about, image, p.getKey(), out));
    return out;
  }

  /** Adds the endpoint of an exposed port in the daemon's form: {@code 80/tcp}. */
  private void add(JsonNode about, String image, String exposed, List<Endpoint> to) {
    String[] parts = exposed.split("/", 2);
    String protocol = parts.length < 2 ? "tcp" : parts[1];
    long port;
    try {
      port = Long.parseLong(parts[0]);
    } catch (NumberFormatException e) {
      return;
    }
    long mapped = 0;
    String mappedIp = "";
    for (JsonNode b : about.path("NetworkSettings").path("Ports").path(exposed)) {
      String number = b.path("HostPort").asString("");
      if (number.matches("\\d{1,5}")) {
        mapped = Long.parseLong(number);
        mappedIp = b.path("HostIp").asString("");
        break;
      }
    }
    if (config.boundOnly() && mapped == 0) {
      return;
    }
    boolean byBinding = config.bindings() && mapped != 0 && !mappedIp.isEmpty();
    String host =
        byBinding
            ? mappedIp.equals("0.0.0.0") ? "127.0.0.1" : mappedIp.equals("::") ? "::1" : mappedIp
            : host(about);
    long reached = byBinding ? mapped : port;
    String id = about.path("Id").asString("");
    String at = image.replaceFirst("@.*", "");
    int colon = at.lastIndexOf(':');
    boolean tagged = colon > at.lastIndexOf('/');
    List<String> command = new ArrayList<>();
    about.path("Config").path("Cmd").forEach(c -> command.add(c.asString("")));
    Attributes own = new Attributes();
    own.put("name", about.path("Name").asString("").replaceFirst("^/", ""));
    own.put("image", tagged ? at.substring(0, colon) : at);
    own.put("tag", tagged ? at.substring(colon + 1) : "latest");
    own.put("command", String.join(" ", command));
    own.put("container_id", id);
    own.put("host", host);
    own.put("port", reached);
    own.put("alternate_port", byBinding ? port : mapped);
    own.put("transport", protocol.toUpperCase(java.util.Locale.ROOT));
    Attributes labels = new Attributes();
    about
        .path("Config")
        .path("Labels")
        .properties()
        .forEach(e -> labels.put(e.getKey(), e.getValue().asString("")));
    own.put("labels", labels);
    to.add(
        Endpoint.of(
            observer
                + "/"
                + id
                + ":"
                + (mapped != 0 ? mapped : port)
                + (protocol.equals("tcp") ? "" : "/" + protocol),
            Endpoint.address(host, reached),
            EndpointKind.CONTAINER,
            own));
  }

  /** Returns the host of a container: its name, or its address in its first network. */
  private String host(JsonNode about) {
    String name = about.path("Config").path("Hostname").asString("");
    if (config.hostname() && !name.isEmpty()) {
      return name;
    }
    TreeMap<String, String> addresses = new TreeMap<>();
    about
        .path("NetworkSettings")
        .path("Networks")
        .properties()
        .forEach(
            n -> {
              String ip = n.getValue().path("IPAddress").asString("");
              if (!ip.isEmpty()) {
                addresses.put(n.getKey(), ip);
              }
            });
    if (!addresses.isEmpty()) {
      return addresses.firstEntry().getValue();
    }
    String older = about.path("NetworkSettings").path("IPAddress").asString("");
    return !older.isEmpty() ? older : config.bindings() ? "127.0.0.1" : "";
  }
}
