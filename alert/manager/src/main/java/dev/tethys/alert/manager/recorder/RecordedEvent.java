package dev.tethys.alert.manager.recorder;

import java.time.Instant;
import java.util.function.Consumer;

/**
 * Event to record. Each output encodes it, on the recorder's thread.
 *
 * @param instance the host that reports it
 * @param position this Alertmanager's position in the cluster; 0 without a cluster
 * @param body the fields of the kind's message; must be immutable
 */
public record RecordedEvent(
    Instant at, String instance, int position, EventKind kind, Consumer<EventFields> body) {

  /** Encodes the event as JSON on one line, without a line end. */
  public byte[] json() {
    return EventJson.of(this::write);
  }

  /** Encodes the event as protobuf. */
  public byte[] protobuf() {
    return EventProto.of(this::write);
  }

  private void write(EventFields f) {
    f.time(1, "@timestamp", at);
    f.text(2, "instance", instance);
    f.message(3, "data", data -> data.message(kind.number(), kind.jsonName(), body));
    f.number(4, "clusterPosition", position);
  }
}
