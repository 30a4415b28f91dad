package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.web.client.DockerAddress;
import java.io.IOException;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reads attributes of the host and of this process's container from the Docker daemon. */
final class DockerDetector implements Detector {
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
    String host = DockerAddress.ofEnvironment(place.environment());
    return place.json(DockerAddress.of(host, false).get(path));
  }
}
