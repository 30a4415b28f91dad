package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Containers by the address on which they accept connections. Those of the same machine come first,
 * since addresses of containers repeat.
 */
final class Listeners {
  private record Own(String machine, String address) {}

  private final Map<Own, Sample> own = new HashMap<>();
  private final Map<String, Sample> all = new HashMap<>();

  Listeners(List<Sample> listens) {
    listens.stream().filter(s -> s.label("proxy").isEmpty()).forEach(this::add);
    // a port that Docker passes on is that of the container, although its proxy listens as well
    listens.stream().filter(s -> !s.label("proxy").isEmpty()).forEach(this::add);
  }

  private void add(Sample s) {
    String address = s.label("listen_addr");
    own.put(new Own(s.label("machine_id"), address), s);
    if (!address.startsWith("127.") && !address.startsWith("[::1]")) {
      all.put(address, s);
    }
  }

  /** Returns the container listening on an address as seen by a machine; null if none. */
  @Nullable Sample find(String machine, String address) {
    Sample local = own.get(new Own(machine, address));
    return local == null ? all.get(address) : local;
  }
}
