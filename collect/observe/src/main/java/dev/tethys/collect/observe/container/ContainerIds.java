package dev.tethys.collect.observe.container;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Ids of containers as Coroot's node agent forms them. */
final class ContainerIds {
  private static final Pattern CRON_JOB = Pattern.compile("^(.+)-(\\d{8})-[0-9a-z]{5}$");
  private static final int SHORT_ID = 12;
  private static final long MINUTE_MILLIS = 60_000;
  private static final long WEEK_MINUTES = 7 * 24 * 60;

  private ContainerIds() {}

  /**
   * Id of a container; empty for an unobserved container, such as the pause container of a pod.
   *
   * @param environment variables of its process
   */
  static String of(Cgroup c, ContainerMetadata m, UnaryOperator<String> environment) {
    switch (c.kind()) {
      case SYSTEMD, TALOS -> {
        return c.containerId();
      }
      case LXC -> {
        return c.containerId().startsWith("/") ? c.containerId() : "/lxc/" + c.containerId();
      }
      case SANDBOX, STANDALONE -> {
        return "";
      }
      default -> {
        // A container of a runtime.
      }
    }
    Map<String, String> labels = m.labels();
    String pod = labels.getOrDefault("io.kubernetes.pod.name", "");
    if (!pod.isEmpty()) {
      return pod(pod, labels);
    }
    String task = labels.getOrDefault("com.docker.swarm.task.name", "");
    if (!task.isEmpty()) {
      return swarm(task, labels);
    }
    String nomad = environment.apply("NOMAD_JOB_NAME");
    if (!nomad.isEmpty()) {
      return String.join(
          "/",
          "/nomad",
          environment.apply("NOMAD_NAMESPACE"),
          nomad,
          environment.apply("NOMAD_GROUP_NAME"),
          environment.apply("NOMAD_ALLOC_ID"),
          environment.apply("NOMAD_TASK_NAME"));
    }
    String id = c.containerId();
    return "/docker/"
        + (m.name().isEmpty() ? id.substring(0, Math.min(SHORT_ID, id.length())) : m.name());
  }

  private static String pod(String pod, Map<String, String> labels) {
    String namespace = labels.getOrDefault("io.kubernetes.pod.namespace", "");
    String name = labels.getOrDefault("io.kubernetes.container.name", "");
    if (name.isEmpty() || name.equals("POD")) {
      return "";
    }
    Matcher m = CRON_JOB.matcher(pod);
    if (m.matches()) {
      // The number is the minute for which the job was planned.
      long minutes = Long.parseLong(m.group(2)) - System.currentTimeMillis() / MINUTE_MILLIS;
      if (Math.abs(minutes) <= WEEK_MINUTES) {
        return "/k8s-cronjob/" + namespace + "/" + m.group(1) + "/" + name;
      }
    }
    return "/k8s/" + namespace + "/" + pod + "/" + name;
  }

  private static String swarm(String task, Map<String, String> labels) {
    String stack = labels.getOrDefault("com.docker.stack.namespace", "_");
    String service = labels.getOrDefault("com.docker.swarm.service.name", "");
    if (service.startsWith(stack + "_")) {
      service = service.substring(stack.length() + 1);
    }
    String[] parts = task.split("\\.");
    return "/swarm/"
        + stack
        + "/"
        + service
        + "/"
        + (parts.length > 1 ? parts[parts.length - 2] : "0");
  }
}
