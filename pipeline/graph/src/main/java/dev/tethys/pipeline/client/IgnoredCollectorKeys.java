package dev.tethys.pipeline.client;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys of the Collector's clients and servers that have no counterpart in this program. Buffer
 * sizes are accepted because they have no visible effect. Middleware extensions do not exist here,
 * so only an empty list is accepted.
 */
public final class IgnoredCollectorKeys {
  private final List<Key<Long>> sizes = new ArrayList<>();
  private final Key<List<YamlNode>> middlewares;

  /**
   * Adds the keys to a section.
   *
   * @param buffers whether there are sizes of buffers among them
   */
  public IgnoredCollectorKeys(Section s, boolean buffers) {
    for (String k :
        buffers ? List.of("read_buffer_size", "write_buffer_size") : List.<String>of()) {
      sizes.add(s.key(k, Type.INT, 0L, "No effect: buffer size of the Go implementation."));
    }
    middlewares =
        s.key(
            "middlewares",
            Type.list(Type.ANY),
            List.of(),
            "Extensions that intercept requests; must be empty.");
  }

  /** Checks whether the configured values can be accepted. */
  public void check(YamlObject o) {
    for (Key<Long> k : sizes) {
      if (o.get(k) < 0) {
        throw o.error(k, k.name() + " must be a number of bytes of at least 0");
      }
    }
    if (!o.get(middlewares).isEmpty()) {
      throw o.error(middlewares, "middlewares are not built in Tethys; remove them");
    }
  }
}
