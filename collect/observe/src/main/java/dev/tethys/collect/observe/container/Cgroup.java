package dev.tethys.collect.observe.container;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Cgroup of a process, with the container or unit that its path names.
 *
 * @param path path that names the container, in the hierarchy it was found in
 * @param kind kind of container
 * @param containerId id of the runtime, or path of the unit; empty for a process on its own
 * @param paths path by controller; the unified hierarchy has the name ""
 */
public record Cgroup(
    String path, ContainerKind kind, String containerId, Map<String, String> paths) {
  private static final Pattern DOCKER =
      Pattern.compile("/docker[/-]([0-9a-f]{64})(?:\\.scope)?(?:/|$)");
  private static final Pattern PODMAN =
      Pattern.compile("/libpod-([0-9a-f]{64})(?:\\.scope)?(?:/|$)");
  private static final Pattern CRIO = Pattern.compile("crio-([0-9a-f]{64})");
  private static final Pattern CONTAINERD = Pattern.compile("cri-containerd[-:]([0-9a-f]{64})");
  private static final Pattern HEX = Pattern.compile("([0-9a-f]{64})");
  private static final Pattern LXC = Pattern.compile("^/(?:lxc/|lxc\\.payload\\.)([^/]+)");
  private static final Pattern UNIT =
      Pattern.compile("^(/(?:system|runtime|reserved|kube|azure|podruntime)\\.slice/[^/]+)");
  private static final Pattern TALOS = Pattern.compile("^/(?:system|podruntime)/([^/]+)");

  /** Hierarchies whose paths name containers, in order of preference. */
  private static final List<String> NAMING = List.of("", "cpu", "memory", "name=systemd");

  /** Returns the container identified by a path. */
  public static Cgroup ofPath(String path) {
    return named(path, Map.of("", path));
  }

  /**
   * Reads {@code /proc/PID/cgroup}.
   *
   * @param base cgroup of the reader: paths that climb out of its namespace start there
   */
  public static Cgroup ofFile(String content, String base) {
    Map<String, String> paths = new LinkedHashMap<>();
    for (String line : content.lines().toList()) {
      String[] parts = line.strip().split(":", 3);
      if (parts.length == 3) {
        String path = resolve(parts[2], base);
        for (String controller : parts[1].split(",", -1)) {
          paths.put(controller, path);
        }
      }
    }
    Cgroup first = null;
    Cgroup best = null;
    for (String hierarchy : NAMING) {
      String path = paths.get(hierarchy);
      if (path == null) {
        continue;
      }
      Cgroup c = named(path, paths);
      if (path.contains("kubepods")) {
        return c;
      }
      first = first == null ? c : first;
      best = best == null && c.kind != ContainerKind.STANDALONE ? c : best;
    }
    return best != null ? best : first != null ? first : named("/", paths);
  }

  private static String resolve(String path, String base) {
    if (!path.startsWith("/..")) {
      return path;
    }
    StringBuilder out = new StringBuilder(base);
    for (String part : path.substring(1).split("/")) {
      if (part.equals("..")) {
        out.setLength(Math.max(0, out.lastIndexOf("/")));
      } else {
        out.append('/').append(part);
      }
    }
    return out.isEmpty() ? "/" : out.toString();
  }

  private static Cgroup named(String path, Map<String, String> paths) {
    if (path.equals("/init")) {
      return new Cgroup(path, ContainerKind.TALOS, "/talos/init", paths);
    }
    if (path.contains("kubepods")) {
      return pod(path, paths);
    }
    Matcher m = PODMAN.matcher(path);
    if (m.find()) {
      return new Cgroup(path, ContainerKind.PODMAN, m.group(1), paths);
    }
    m = DOCKER.matcher(path);
    if (m.find()) {
      return new Cgroup(path, ContainerKind.DOCKER, m.group(1), paths);
    }
    m = LXC.matcher(path);
    if (m.find()) {
      // The old form names the container alone, the new one marks it as one.
      String id = path.startsWith("/lxc/") ? m.group(1) : "/lxc/" + m.group(1);
      return new Cgroup(m.group(0), ContainerKind.LXC, id, paths);
    }
    m = UNIT.matcher(path);
    if (m.find() && !m.group(1).endsWith(".scope")) {
      return new Cgroup(path, ContainerKind.SYSTEMD, m.group(1).replace("\\x2d", "-"), paths);
    }
    m = TALOS.matcher(path);
    if (m.find()) {
      return new Cgroup(path, ContainerKind.TALOS, "/talos/" + m.group(1), paths);
    }
    return new Cgroup(path, ContainerKind.STANDALONE, "", paths);
  }

  private static Cgroup pod(String path, Map<String, String> paths) {
    Matcher m = CRIO.matcher(path);
    if (m.find()) {
      return new Cgroup(path, ContainerKind.CRI_O, m.group(1), paths);
    }
    m = CONTAINERD.matcher(path);
    if (m.find()) {
      return new Cgroup(path, ContainerKind.CONTAINERD, m.group(1), paths);
    }
    m = HEX.matcher(path);
    if (m.find()) {
      return new Cgroup(path, ContainerKind.DOCKER, m.group(1), paths);
    }
    return new Cgroup(path, ContainerKind.SANDBOX, "", paths);
  }
}
