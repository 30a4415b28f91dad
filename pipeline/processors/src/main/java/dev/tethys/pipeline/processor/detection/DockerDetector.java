package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reads attributes of the host and of this process's container from the Docker daemon. */
final class DockerDetector implements Detector {
  private static final String SOCKET = "unix:///var/run/docker.sock";
  private static final Section SECTION = new Section("docker", "Docker daemon.");
  private static final Key<RequestedAttributes> WANTED =
      RequestedAttributes.key(
          SECTION,
          Set.of("host.name", "os.type"),
          Set.of("container.name", "container.image.name"));
  static final Type<Detector> TYPE = SECTION.type(o -> new DockerDetector(o.get(WANTED)));

  private final RequestedAttributes wanted;

  private DockerDetector(RequestedAttributes wanted) {
    this.wanted = wanted;
  }

  @Override
  public Attributes detect(DetectionEnvironment place) throws IOException, InterruptedException {
    Attributes a = new Attributes();
    if (wanted.has("host.name") || wanted.has("os.type")) {
      JsonNode info = ask(place, "/info");
      wanted.put(a, "host.name", info.path("Name").asString(""));
      wanted.put(a, "os.type", info.path("OSType").asString(""));
    }
    if (wanted.has("container.name") || wanted.has("container.image.name")) {
      JsonNode own = ask(place, "/containers/" + place.names().own() + "/json");
      wanted.put(a, "container.name", own.path("Name").asString(""));
      wanted.put(a, "container.image.name", own.path("Image").asString(""));
    }
    return a;
  }

  private static JsonNode ask(DetectionEnvironment place, String path)
      throws IOException, InterruptedException {
    String name = place.variable("DOCKER_HOST");
    String host = name == null || name.isEmpty() ? SOCKET : name;
    if (host.startsWith("unix://")) {
      return place.json(
          ClientRequest.get(URI.create("http://docker" + path))
              .withUnixSocket(Path.of(host.substring("unix://".length()))));
    }
    String url = host.replaceFirst("^tcp://", "http://").replaceAll("/+$", "");
    try {
      return place.json(ClientRequest.get(URI.create(url + path)));
    } catch (IllegalArgumentException e) {
      throw new IOException("DOCKER_HOST is no address of a daemon: " + host, e);
    }
  }
}
