package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.model.IpText;
import dev.tethys.model.telemetry.Attributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the pod of a resource by the first association whose values are all present. */
final class Associations {
  /**
   * Lookup value of a resource.
   *
   * @param key a value, or the list of several
   * @param address peer address of the connection; {@code ""} for none
   */
  record Named(int association, Object key, String address) {}

  private static final String HOST = "host.name";

  private final List<List<String>> associations;

  /**
   * @param associations lookup rules; empty to look up by any address found
   */
  Associations(List<List<String>> associations) {
    this.associations = associations;
  }

  /**
   * @param connection peer address of the batch; {@code ""} for none
   * @return null if the resource identifies no pod
   */
  @Nullable Named of(Attributes a, String connection) {
    if (associations.isEmpty()) {
      String address = address(a, connection);
      return address.isEmpty() ? null : new Named(0, address, address);
    }
    for (int i = 0; i < associations.size(); i++) {
      List<String> sources = associations.get(i);
      if (sources.size() == 1) {
        String v = value(a, sources.getFirst(), connection);
        if (!v.isEmpty()) {
          return new Named(i, v, sources.getFirst().isEmpty() ? v : "");
        }
        continue;
      }
      List<String> values = new ArrayList<>(sources.size());
      for (String s : sources) {
        String v = value(a, s, connection);
        if (v.isEmpty()) {
          break;
        }
        values.add(v);
      }
      if (values.size() == sources.size()) {
        return new Named(i, List.copyOf(values), sources.contains("") ? connection : "");
      }
    }
    return null;
  }

  private static String address(Attributes a, String connection) {
    String ip = text(a, AttributeNames.POD_IP);
    if (ip.isEmpty()) {
      ip = text(a, "ip");
    }
    if (ip.isEmpty()) {
      ip = connection;
    }
    return ip.isEmpty() ? value(a, HOST, "") : ip;
  }

  private static String value(Attributes a, String source, String connection) {
    if (source.isEmpty()) {
      return connection;
    }
    String v = text(a, source);
    return source.equals(HOST) && !IpText.isAddress(v) ? "" : v;
  }

  /** Returns a string attribute; {@code ""} if it is missing. */
  static String text(Attributes a, String name) {
    String s = a.getString(name);
    return s == null ? "" : s;
  }
}
