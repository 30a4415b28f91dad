package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads attributes of the machine or service from Google Cloud's metadata server. */
final class GoogleDetector implements Detector {
  private static final String ADDRESS = "169.254.169.254";
  private static final Pattern GROUP =
      Pattern.compile("projects/[^/]+/(zones|regions)/([^/]+)/instanceGroupManagers/([^/]+)");

  private static final Section SECTION = new Section("gcp", "Google Cloud resource.");
  private static final Key<RequestedAttributes> WANTED =
      RequestedAttributes.key(
          SECTION,
          Set.of(
              "cloud.account.id",
              "cloud.availability_zone",
              "cloud.platform",
              "cloud.provider",
              "cloud.region",
              "faas.instance",
              "faas.name",
              "faas.version",
              "gcp.cloud_run.job.execution",
              "gcp.cloud_run.job.task_index",
              "gcp.gce.instance_group_manager.name",
              "gcp.gce.instance_group_manager.region",
              "gcp.gce.instance_group_manager.zone",
              "host.id",
              "host.name",
              "host.type",
              "k8s.cluster.name"),
          Set.of("gcp.gce.instance.hostname", "gcp.gce.instance.name"));

  static {
    SECTION.notBuilt(
        "labels", "Labels of the instance, which the metadata server does not provide.");
  }

  static final Type<Detector> TYPE = SECTION.type(o -> new GoogleDetector(o.get(WANTED)));

  private final RequestedAttributes wanted;

  private GoogleDetector(RequestedAttributes wanted) {
    this.wanted = wanted;
  }

  @Override
  public Attributes detect(DetectionEnvironment place) throws IOException, InterruptedException {
    Attributes a = new Attributes();
    if (place.has("BMS_PROJECT_ID") && place.has("BMS_REGION") && place.has("BMS_INSTANCE_ID")) {
      wanted.put(a, "cloud.provider", "gcp");
      wanted.put(a, "cloud.platform", "gcp_bare_metal_solution");
      wanted.put(a, "cloud.account.id", place.variable("BMS_PROJECT_ID"));
      wanted.put(a, "host.name", place.variable("BMS_INSTANCE_ID"));
      wanted.put(a, "cloud.region", place.variable("BMS_REGION"));
      return a;
    }
    if (!isThere(place)) {
      return a;
    }
    wanted.put(a, "cloud.provider", "gcp");
    wanted.put(a, "cloud.account.id", get(place, "project/project-id"));
    String cluster =
        place.variable("KUBERNETES_SERVICE_HOST") == null
            ? null
            : find(place, "instance/attributes/cluster-location");
    if (cluster != null) {
      kubernetes(place, cluster, a);
    } else if (place.variable("FUNCTION_TARGET") != null) {
      service(place, "gcp_cloud_functions", a);
    } else if (place.variable("K_CONFIGURATION") != null) {
      service(place, "gcp_cloud_run", a);
    } else if (place.variable("CLOUD_RUN_JOB") != null) {
      service(place, "gcp_cloud_run", a);
      wanted.put(a, "gcp.cloud_run.job.execution", place.variable("CLOUD_RUN_EXECUTION"));
      wanted.put(a, "gcp.cloud_run.job.task_index", place.variable("CLOUD_RUN_TASK_INDEX"));
    } else if (place.variable("CLOUD_RUN_WORKER_POOL") != null) {
      service(place, "gcp_cloud_run", a);
    } else if (place.variable("GAE_SERVICE") != null
        || "standard".equals(place.variable("GAE_ENV"))) {
      appEngine(place, a);
    } else {
      machine(place, a);
    }
    return a;
  }

  private static boolean isThere(DetectionEnvironment place) throws InterruptedException {
    if (place.has("GCE_METADATA_HOST")) {
      return true;
    }
    try (ClientResponse r = place.send(ClientRequest.get(URI.create("http://" + ADDRESS + "/")))) {
      return r.header("metadata-flavor", "").equals("Google");
    } catch (IOException e) {
      return false;
    }
  }

  private void kubernetes(DetectionEnvironment place, String location, Attributes to)
      throws IOException, InterruptedException {
    wanted.put(to, "cloud.platform", "gcp_kubernetes_engine");
    switch (location.split("-", -1).length) {
      case 2 -> wanted.put(to, "cloud.region", location);
      case 3 -> wanted.put(to, "cloud.availability_zone", location);
      default -> throw new IOException("not a cluster location: " + location);
    }
    wanted.put(to, "k8s.cluster.name", get(place, "instance/attributes/cluster-name"));
    wanted.put(to, "host.id", get(place, "instance/id"));
    wanted.put(
        to, "host.name", find(place, "instance/name")); // not where workloads have identities
  }

  private void service(DetectionEnvironment place, String platform, Attributes to)
      throws IOException, InterruptedException {
    wanted.put(to, "cloud.platform", platform);
    wanted.put(
        to, "faas.name", first(place, "K_SERVICE", "CLOUD_RUN_JOB", "CLOUD_RUN_WORKER_POOL"));
    wanted.put(to, "faas.version", first(place, "CLOUD_RUN_REVISION", "K_REVISION"));
    wanted.put(to, "faas.instance", get(place, "instance/id"));
    wanted.put(to, "cloud.region", region(place));
  }

  private void appEngine(DetectionEnvironment place, Attributes to)
      throws IOException, InterruptedException {
    wanted.put(to, "cloud.platform", "gcp_app_engine");
    wanted.put(to, "faas.name", place.variable("GAE_SERVICE"));
    wanted.put(to, "faas.version", place.variable("GAE_VERSION"));
    wanted.put(to, "faas.instance", place.variable("GAE_INSTANCE"));
    String zone = last(get(place, "instance/zone"));
    wanted.put(to, "cloud.availability_zone", zone);
    wanted.put(
        to,
        "cloud.region",
        "standard".equals(place.variable("GAE_ENV")) ? region(place) : regionOf(zone));
  }

  private void machine(DetectionEnvironment place, Attributes to)
      throws IOException, InterruptedException {
    String type = find(place, "instance/machine-type");
    if (type == null) {
      return; // unknown platform
    }
    wanted.put(to, "cloud.platform", "gcp_compute_engine");
    String zone = last(get(place, "instance/zone"));
    wanted.put(to, "cloud.availability_zone", zone);
    wanted.put(to, "cloud.region", regionOf(zone));
    wanted.put(to, "host.type", type);
    wanted.put(to, "host.id", get(place, "instance/id"));
    String name = get(place, "instance/name");
    wanted.put(to, "host.name", name);
    wanted.put(to, "gcp.gce.instance.name", name);
    wanted.put(to, "gcp.gce.instance.hostname", get(place, "instance/hostname"));
    String creator = find(place, "instance/attributes/created-by");
    Matcher m = GROUP.matcher(creator == null ? "" : creator);
    if (m.matches()) {
      wanted.put(to, "gcp.gce.instance_group_manager.name", m.group(3));
      wanted.put(
          to,
          "gcp.gce.instance_group_manager." + (m.group(1).equals("zones") ? "zone" : "region"),
          m.group(2));
    }
  }

  private static String region(DetectionEnvironment place)
      throws IOException, InterruptedException {
    return last(get(place, "instance/region"));
  }

  private static String regionOf(String zone) throws IOException {
    String[] parts = zone.split("-", 3);
    if (parts.length != 3) {
      throw new IOException("not a zone such as us-central1-c: " + zone);
    }
    return parts[0] + "-" + parts[1];
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static @Nullable String first(DetectionEnvironment place, String... variables) {
    for (String v : variables) {
      String s = place.variable(v);
      if (s != null) {
        return s;
      }
    }
    return null;
  }

  private static String get(DetectionEnvironment place, String path)
      throws IOException, InterruptedException {
    String host = place.has("GCE_METADATA_HOST") ? place.variable("GCE_METADATA_HOST") : ADDRESS;
    URI u = URI.create("http://" + host + "/computeMetadata/v1/" + path);
    return place.text(ClientRequest.get(u).withHeader("Metadata-Flavor", "Google")).strip();
  }

  /** Returns a metadata value, or null if it does not exist. */
  private static @Nullable String find(DetectionEnvironment place, String path)
      throws IOException, InterruptedException {
    try {
      return get(place, path);
    } catch (DetectionEnvironment.StatusException e) {
      if (e.status() == 404) {
        return null;
      }
      throw e;
    }
  }
}
