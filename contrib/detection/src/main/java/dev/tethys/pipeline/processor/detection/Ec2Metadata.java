package dev.tethys.pipeline.processor.detection;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.Imds;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Client of the EC2 instance metadata service. */
final class Ec2Metadata {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

  private final DetectionEnvironment place;
  private final Imds imds;
  private final String token;
  private final String id;
  private @Nullable JsonNode document;

  private Ec2Metadata(DetectionEnvironment place, Imds imds, String token)
      throws IOException, InterruptedException {
    this.place = place;
    this.imds = imds;
    this.token = token;
    this.id = get("instance-id");
  }

  /**
   * Requests the metadata.
   *
   * @throws IOException if there is none: not an EC2 instance, or a pod without access to the
   *     metadata
   */
  static Ec2Metadata of(DetectionEnvironment place, int attempts, Duration pause)
      throws IOException, InterruptedException {
    Imds imds = Imds.of(place::variable);
    ClientRequest ask = imds.token(ClientRequest.DEFAULT_TIMEOUT);
    Duration wait = FIRST_PAUSE;
    for (int i = 1; ; i++) {
      try {
        return new Ec2Metadata(place, imds, place.text(ask));
      } catch (DetectionEnvironment.StatusException e) {
        throw e; // the server responds, and its response will not change
      } catch (IOException e) {
        if (i >= attempts) {
          throw e;
        }
        Thread.sleep(wait.compareTo(pause) < 0 ? wait : pause);
        wait = wait.multipliedBy(2);
      }
    }
  }

  String id() {
    return id;
  }

  String region() throws IOException, InterruptedException {
    return document().path("region").asString("");
  }

  /** Adds the attributes of the instance identity document and host name. */
  void describe(RequestedAttributes wanted, Attributes to)
      throws IOException, InterruptedException {
    JsonNode d = document();
    wanted.putText(to, "cloud.region", d, "region");
    wanted.putText(to, "cloud.account.id", d, "accountId");
    wanted.putText(to, "cloud.availability_zone", d, "availabilityZone");
    wanted.putText(to, "host.id", d, "instanceId");
    wanted.putText(to, "host.image.id", d, "imageId");
    wanted.putText(to, "host.type", d, "instanceType");
    wanted.put(to, "host.name", get("hostname"));
  }

  private JsonNode document() throws IOException, InterruptedException {
    JsonNode d = document;
    if (d == null) {
      d = place.json(imds.get("/latest/dynamic/instance-identity/document", token));
      document = d;
    }
    return d;
  }

  /** Reads one metadata value. */
  String get(String path) throws IOException, InterruptedException {
    try {
      return place.text(
          imds.get(
              "/latest/meta-data" + new URI(null, null, "/" + path, null).getRawPath(), token));
    } catch (URISyntaxException e) {
      throw new IOException("not a metadata path: " + path, e);
    }
  }
}
