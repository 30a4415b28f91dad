package dev.tethys.control.mdai;

import dev.tethys.config.ConfigException;
import dev.tethys.control.mdai.Resource.Hub;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Contents of manifest files.
 *
 * @param data entries of ConfigMaps and Secrets
 * @param ignored resources of other groups, as {@code kind/name}
 */
public record Manifests(
    List<Resource> resources, Map<DataKey, Map<String, String>> data, List<String> ignored) {
  public static final Manifests NONE = new Manifests(List.of(), Map.of(), List.of());

  /** Identity of a ConfigMap or Secret. */
  public record DataKey(boolean secret, String namespace, String name) {}

  /**
   * Returns the combined contents.
   *
   * @throws ConfigException if both define a resource
   */
  public Manifests with(Manifests other) {
    List<Resource> all = new ArrayList<>(resources);
    for (Resource r : other.resources) {
      for (Resource own : resources) {
        if (own.meta().kind().equals(r.meta().kind())
            && own.meta().name().equals(r.meta().name())
            && (r instanceof Hub || own.meta().namespace().equals(r.meta().namespace()))) {
          throw new ConfigException(
              r.meta().where(),
              r.meta().kind()
                  + " "
                  + r.meta().name()
                  + " is already defined at "
                  + own.meta().where());
        }
      }
      all.add(r);
    }
    Map<DataKey, Map<String, String>> texts = new HashMap<>(data);
    texts.putAll(other.data);
    List<String> left = new ArrayList<>(ignored);
    left.addAll(other.ignored);
    return new Manifests(List.copyOf(all), Map.copyOf(texts), List.copyOf(left));
  }

  public List<Hub> hubs() {
    return resources.stream().filter(Hub.class::isInstance).map(Hub.class::cast).toList();
  }

  /** Returns a hub; null if there is none. */
  public @Nullable Hub hub(String name) {
    for (Hub h : hubs()) {
      if (h.meta().name().equals(name)) {
        return h;
      }
    }
    return null;
  }
}
