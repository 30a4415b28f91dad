package dev.tethys.pipeline.receiver.objects;

import dev.tethys.pipeline.receiver.kubernetes.Asking;
import dev.tethys.web.client.Call;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What objects an API has, and at which paths: asked once, of groups in their newest versions. */
final class ObjectPaths {
  /** How many names are told where one is not found. */
  private static final int TOLD = 100;

  /** Groups by which objects they have; the core is {@code ""}. */
  private final Map<String, Map<String, String>> paths = new LinkedHashMap<>();

  private final List<String> failed = new ArrayList<>();

  /**
   * Asks the API.
   *
   * @throws IOException when it does not say which groups it has
   */
  static ObjectPaths of(Asking api) throws IOException, InterruptedException {
    ObjectPaths p = new ObjectPaths();
    p.add("", "/api/v1", api.get("/api/v1", Call.DEFAULT_TIMEOUT));
    for (JsonNode g : api.get("/apis", Call.DEFAULT_TIMEOUT).path("groups")) {
      String path = "/apis/" + g.path("preferredVersion").path("groupVersion").asString("");
      try {
        p.add(g.path("name").asString(""), path, api.get(path, Call.DEFAULT_TIMEOUT));
      } catch (IOException e) {
        p.failed.add(path + ": " + e.getMessage()); // the server behind it is down
      }
    }
    return p;
  }

  private void add(String group, String path, JsonNode resources) {
    Map<String, String> has = paths.computeIfAbsent(group, _ -> new LinkedHashMap<>());
    for (JsonNode r : resources.path("resources")) {
      String name = r.path("name").asString("");
      if (!name.contains("/")) { // else it is a part of an object
        has.put(name, path);
      }
    }
  }

  /** The path of the API that has such objects; null when none does. */
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

  /** What there is, in words. */
  String known() {
    TreeSet<String> names = new TreeSet<>();
    paths.values().forEach(has -> names.addAll(has.keySet()));
    String all = String.join(", ", names.stream().limit(TOLD).toList());
    return failed.isEmpty() ? all : all + "; not known: " + String.join("; ", failed);
  }
}
