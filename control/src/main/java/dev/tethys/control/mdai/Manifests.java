package dev.tethys.control.mdai;

import dev.tethys.control.mdai.Resource.Hub;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Content of manifest files.
 *
 * @param data entries of ConfigMaps and Secrets
 * @param ignored resources of other groups, as {@code kind/name}
 */
public record Manifests(
    List<Resource> resources, Map<DataKey, Map<String, String>> data, List<String> ignored) {
  public static final Manifests NONE = new Manifests(List.of(), Map.of(), List.of());

  /** Identity of a ConfigMap or Secret. */
  public record DataKey(boolean secret, String namespace, String name) {}

  public List<Hub> hubs() {
    return resources.stream().filter(Hub.class::isInstance).map(Hub.class::cast).toList();
  }

  /** A hub; null where there is none. */
  public @Nullable Hub hub(String name) {
    for (Hub h : hubs()) {
      if (h.meta().name().equals(name)) {
        return h;
      }
    }
    return null;
  }
}
