package dev.tethys.collect.cloud.reader;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Key {@code endpoints}: URLs of services, by their names, without slashes at their ends. */
public final class CloudEndpoints {
  private final Section section =
      new Section("endpoints", "URLs of services that replace those of the cloud.");
  private final List<Key<URI>> keys = new ArrayList<>();

  /** Key for these services. */
  public CloudEndpoints(String... services) {
    for (String s : services) {
      keys.add(section.optional(s, Type.URL, "URL of the service " + s + "."));
    }
  }

  /** Type of the key. */
  public Type<Map<String, String>> type() {
    return section.type(this::read);
  }

  private Map<String, String> read(YamlObject o) {
    Map<String, String> out = new LinkedHashMap<>();
    for (Key<URI> key : keys) {
      URI url = o.find(key);
      if (url != null) {
        if (url.getHost() == null || !Set.of("http", "https").contains(url.getScheme())) {
          throw o.error(key, "\"" + url + "\" is not a URL of http or https");
        }
        out.put(key.name(), url.toString().replaceAll("/+$", ""));
      }
    }
    return Map.copyOf(out);
  }
}
