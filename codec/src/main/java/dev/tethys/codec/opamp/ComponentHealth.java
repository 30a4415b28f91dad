package dev.tethys.codec.opamp;

import dev.tethys.codec.protobuf.ProtoWriter;
import java.util.Map;

/**
 * Health of a component and its parts.
 *
 * @param startNanos start of the component, Unix nanoseconds; 0 for parts
 * @param error "" for none
 * @param status status name
 * @param statusNanos time when the status began
 * @param parts child components by name
 */
public record ComponentHealth(
    boolean healthy,
    long startNanos,
    String error,
    String status,
    long statusNanos,
    Map<String, ComponentHealth> parts) {
  void write(ProtoWriter w) {
    if (healthy) {
      w.bool(1, true);
    }
    if (startNanos != 0) {
      w.fixed64(2, startNanos);
    }
    w.stringUnlessEmpty(3, error).stringUnlessEmpty(4, status);
    if (statusNanos != 0) {
      w.fixed64(5, statusNanos);
    }
    parts.forEach(
        (name, part) -> {
          int entry = w.begin(6);
          w.string(1, name);
          int value = w.begin(2);
          part.write(w);
          w.end(value);
          w.end(entry);
        });
  }
}
