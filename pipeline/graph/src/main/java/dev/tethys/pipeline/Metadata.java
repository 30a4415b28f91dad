package dev.tethys.pipeline;

import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Request headers from the sender of a batch: names in lower case, values in order. Small, and
 * empty unless a receiver is configured to keep headers.
 *
 * @param client sender of the batch; dropped when batches are joined
 */
public record Metadata(Map<String, List<String>> values, Client client) {
  public static final Metadata NONE = new Metadata(Map.of());

  /**
   * Sender of a batch.
   *
   * @param address null if the batch did not arrive over a network
   * @param auth authentication data from the authenticator extension
   */
  public record Client(@Nullable InetSocketAddress address, Map<String, String> auth) {
    public static final Client NONE = new Client(null, Map.of());

    /** Address and port as numbers, or "". */
    public String addressText() {
      if (address == null || address.getAddress() == null) {
        return "";
      }
      String host = address.getAddress().getHostAddress();
      return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }
  }

  /** Creates headers for an unknown client. */
  public Metadata(Map<String, List<String>> values) {
    this(values, Client.NONE);
  }

  public Metadata {
    Map<String, List<String>> m = new LinkedHashMap<>();
    values.forEach((k, v) -> m.put(k.toLowerCase(Locale.ROOT), List.copyOf(v)));
    values = java.util.Collections.unmodifiableMap(m);
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }

  /** Values of a header, ignoring case; empty if there are none. */
  public List<String> get(String name) {
    return values.isEmpty()
        ? List.of()
        : values.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
  }

  /** Returns only the named entries. */
  public Metadata only(List<String> names) {
    if (values.isEmpty() || names.isEmpty()) {
      return NONE;
    }
    Map<String, List<String>> m = new LinkedHashMap<>();
    for (String n : names) {
      List<String> v = get(n);
      if (!v.isEmpty()) {
        m.put(n, v);
      }
    }
    return m.isEmpty() ? NONE : new Metadata(m);
  }
}
