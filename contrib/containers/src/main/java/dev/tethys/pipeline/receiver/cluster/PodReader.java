package dev.tethys.pipeline.receiver.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Extracts the stored data of pods: a part for the pod, and one for each container. */
final class PodReader {
  private static final List<String> PHASES =
      List.of("", "Pending", "Running", "Succeeded", "Failed");
  private static final int UNKNOWN_PHASE = 5;
  private static final List<String> STATUS_REASONS =
      List.of("", "Evicted", "NodeAffinity", "NodeLost", "Shutdown", "UnexpectedAdmissionError");
  private static final int UNKNOWN_REASON = 6;

  private static final List<String> STATES = List.of("terminated", "running", "waiting");
  private static final List<String> REASONS =
      List.of(
          "ContainerCreating",
          "CrashLoopBackOff",
          "CreateContainerConfigError",
          "ErrImagePull",
          "ImagePullBackOff",
          "OOMKilled",
          "Completed",
          "Error",
          "ContainerCannotRun");

  /** Resources of containers by the names of their metrics. */
  private static final Map<String, String> BYTES =
      Map.of("memory", "memory", "storage", "storage", "ephemeral-storage", "ephemeralstorage");

  private PodReader() {}

  static List<Part> read(JsonNode pod) {
    JsonNode status = pod.path("status");
    int phase = PHASES.indexOf(status.path("phase").asString("?"));
    int reason = STATUS_REASONS.indexOf(status.path("reason").asString("?"));
    Part p = of(pod).named("k8s.pod.qos_class", status.path("qosClass"));
    p.whole("k8s.pod.phase", phase < 1 ? UNKNOWN_PHASE : phase);
    p.whole("k8s.pod.status_reason", reason < 1 ? UNKNOWN_REASON : reason);
    List<Part> out = new ArrayList<>();
    out.add(p);
    for (JsonNode c : pod.path("spec").path("containers")) {
      out.add(container(pod, c));
    }
    return out;
  }

  private static Part of(JsonNode pod) {
    return Part.of("pod", pod).named("k8s.node.name", pod.path("spec").path("nodeName"));
  }

  private static Part container(JsonNode pod, JsonNode c) {
    String name = c.path("name").asString("");
    Part p = of(pod).named("k8s.container.name", name);
    resources(p, c.path("resources").path("requests"), "_request");
    resources(p, c.path("resources").path("limits"), "_limit");
    String image = c.path("image").asString("");
    for (JsonNode s : pod.path("status").path("containerStatuses")) {
      if (s.path("name").asString("").equals(name)) {
        status(p, s);
        String now = s.path("image").asString("");
        if (!now.isEmpty() && !now.startsWith("sha256:")) { // otherwise only the digest is known
          image = now;
        }
      }
    }
    image(p, image);
    return p;
  }

  private static void resources(Part p, JsonNode of, String what) {
    p.number("k8s.container.cpu" + what, ObjectReader.cpus(of.path("cpu").asString("")));
    BYTES.forEach(
        (key, metric) ->
            p.number(
                "k8s.container." + metric + what, ObjectReader.whole(of.path(key).asString(""))));
  }

  private static void status(Part p, JsonNode s) {
    p.named("container.id", s.path("containerID").asString("").replaceFirst("^[\\w-]+://", ""));
    p.named(
        "k8s.container.status.last_terminated_reason",
        s.path("lastState").path("terminated").path("reason"));
    p.count("k8s.container.restarts", s.path("restartCount"));
    p.whole("k8s.container.ready", s.path("ready").asBoolean(false) ? 1 : 0);
    JsonNode state = s.path("state");
    for (String is : STATES) {
      if (state.path(is).isObject()) {
        ObjectReader.one(p, "k8s.container.status.state", STATES, is);
        String reason = state.path(is).path("reason").asString("");
        ObjectReader.one(p, "k8s.container.status.reason", REASONS, reason);
      }
    }
  }

  /** Adds the name and tag of an image; an image given as a digest has neither. */
  private static void image(Part p, String image) {
    String name = image.replaceFirst("@.*", "");
    if (name.isEmpty() || name.startsWith("sha256:")) {
      return;
    }
    int at = name.lastIndexOf(':');
    boolean tagged = at > name.lastIndexOf('/');
    p.named("container.image.name", tagged ? name.substring(0, at) : name);
    p.named("container.image.tag", tagged ? name.substring(at + 1) : "latest");
  }
}
