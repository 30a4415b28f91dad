package dev.tethys.pipeline.receiver.objects;

import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Resource types of an API and their paths, discovered once for all groups and versions. */
final class ObjectPaths {
  /** Maximum number of known names in an error. */
  private static final int MAX_SHOWN = 100;

  /** Time limit of discovery in total: unreachable API groups must not add up. */
  private static final Duration TIME_LIMIT = Duration.ofSeconds(30);

  /** Groups by which objects they have; the core is {@code ""}. */
  private final Map<String, Map<String, String>> paths = new LinkedHashMap<>();

  private final List<String> failed = new ArrayList<>();

  /**
   * Discovers the API.
   *
   * @param clock monotonic, in nanoseconds
   * @throws IOException if the groups cannot be listed
   */
  static ObjectPaths of(JsonDocumentClient api, LongSupplier clock)
      throws IOException, InterruptedException {
    ObjectPaths p = new ObjectPaths();
    long until = clock.getAsLong() + TIME_LIMIT.toNanos();
    p.add("", "/api/v1", api.get("/api/v1", TIME_LIMIT));
    for (JsonNode g : api.get("/apis", left(until, clock)).path("groups")) {
      Set<String> versions = new LinkedHashSet<>();
      versions.add(g.path("preferredVersion").path("groupVersion").asString(""));
      g.path("versions").forEach(v -> versions.add(v.path("groupVersion").asString("")));
      for (String v : versions) { // the first version with a kind is used
        String path = "/apis/" + v;
        try {
          p.add(g.path("name").asString(""), path, api.get(path, left(until, clock)));
        } catch (IOException e) {
          p.failed.add(path + ": " + e.getMessage()); // an aggregated API server is down
        }
      }
    }
    return p;
  }

  private static Duration left(long until, LongSupplier clock) throws IOException {
    long left = until - clock.getAsLong();
    if (left <= 0) {
      throw new IOException(
          "skipped, because the others took " + TIME_LIMIT.toSeconds() + " seconds");
    }
    return Duration.ofNanos(left);
  }

  private void add(String group, String path, JsonNode resources) {
    Map<String, String> has = paths.computeIfAbsent(group, _ -> new LinkedHashMap<>());
    for (JsonNode r : resources.path("resources")) {
      String name = r.path("name").asString("");
      if (!name.contains("/")) { // otherwise a subresource
        has.putIfAbsent(name, path);
      }
    }
  }

  /** Returns the API path of such objects, or null if unknown. */
  @Nullable String find(String name, String group) {
    String of = paths.getOrDefault(group, Map.of()).get(name);
    if (of != null) {
      return of;
    }
    for (Map<String, String> has : paths.values()) {
      String path = has.get(name);
      if (path != null) {
        return path;
      }
    }
    return null;
  }

  /** Returns the known names, for error messages. */
  String known() {
    TreeSet<String> names = new TreeSet<>();
    paths.values().forEach(has -> names.addAll(has.keySet()));
    String all = String.join(", ", names.stream().limit(MAX_SHOWN).toList());
    return failed.isEmpty() ? all : all + "; not known: " + String.join("; ", failed);
  }
}
