package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Detectors that read files of vendor agents: Dynatrace and AWS Elastic Beanstalk. */
final class FileDetectors {
  private static final String ENRICHMENT =
      "var/lib/dynatrace/enrichment/dt_host_metadata.properties";
  private static final Set<String> ENTITIES =
      Set.of("dt.entity.host", "dt.smartscape.host", "host.name");
  private static final String BEANSTALK_FILE = "var/elasticbeanstalk/xray/environment.conf";

  private static final Section BEANSTALK =
      new Section("elasticbeanstalk", "AWS Elastic Beanstalk instance with X-Ray.");
  private static final Key<RequestedAttributes> WANTED =
      RequestedAttributes.key(
          BEANSTALK,
          Set.of(
              "cloud.platform",
              "cloud.provider",
              "deployment.environment",
              "service.instance.id",
              "service.version"),
          Set.of());
  static final Type<Detector> BEANSTALK_TYPE =
      BEANSTALK.type(
          o -> {
            RequestedAttributes wanted = o.get(WANTED);
            return place -> beanstalk(place, wanted);
          });

  private FileDetectors() {}

  static Attributes dynatrace(DetectionEnvironment place) {
    Attributes a = new Attributes();
    String text = place.file(ENRICHMENT);
    if (text != null) {
      for (String line : text.split("\n")) {
        int eq = line.indexOf('=');
        if (eq > 0 && ENTITIES.contains(line.substring(0, eq)) && eq + 1 < line.length()) {
          a.put(line.substring(0, eq), line.substring(eq + 1).strip());
        }
      }
    }
    return a;
  }

  private static Attributes beanstalk(DetectionEnvironment place, RequestedAttributes wanted)
      throws IOException {
    Attributes a = new Attributes();
    JsonNode found = place.jsonFile(BEANSTALK_FILE);
    if (found == null) {
      return a;
    }
    wanted.put(a, "cloud.provider", "aws");
    wanted.put(a, "cloud.platform", "aws_elastic_beanstalk");
    wanted.put(a, "service.instance.id", String.valueOf(found.path("deployment_id").asLong(0)));
    wanted.put(a, "deployment.environment", found.path("environment_name").asString(""));
    wanted.put(a, "service.version", found.path("version_label").asString(""));
    return a;
  }
}
