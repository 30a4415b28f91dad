package dev.tethys.alert.manager.recorder;

import dev.tethys.codec.protobuf.ProtoWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Writes an event as protobuf. */
final class EventProto implements EventFields {
  private final ProtoWriter w = new ProtoWriter();

  static byte[] of(Consumer<EventFields> event) {
    EventProto p = new EventProto();
    event.accept(p);
    return p.w.toByteArray();
  }

  @Override
  public void text(int number, String name, String value) {
    w.stringUnlessEmpty(number, value);
  }

  @Override
  public void texts(int number, String name, List<String> values) {
    values.forEach(v -> w.string(number, v));
  }

  @Override
  public void number(int number, String name, int value) {
    w.int64Unless0(number, value);
  }

  @Override
  public void signed(int number, String name, long value) {
    w.int64Unless0(number, value);
  }

  @Override
  public void unsigned(int number, String name, long value) {
    w.int64Unless0(number, value);
  }

  @Override
  public void allUnsigned(int number, String name, List<Long> values) {
    if (!values.isEmpty()) {
      int begun = w.begin(number); // packed
      values.forEach(w::varint);
      w.end(begun);
    }
  }

  @Override
  public void flag(int number, String name, boolean value) {
    if (value) {
      w.bool(number, true);
    }
  }

  @Override
  public void symbol(int number, String name, int value, String symbol) {
    w.int64Unless0(number, value);
  }

  @Override
  public void message(int number, String name, Consumer<EventFields> fields) {
    int begun = w.begin(number);
    fields.accept(this);
    w.end(begun);
  }

  @Override
  public <T> void messages(
      int number, String name, List<T> all, BiConsumer<EventFields, T> fields) {
    all.forEach(one -> message(number, name, f -> fields.accept(f, one)));
  }

  @Override
  public void time(int number, String name, Instant value) {
    span(number, value.getEpochSecond(), value.getNano());
  }

  @Override
  public void duration(int number, String name, Duration value) {
    span(number, value.getSeconds(), value.getNano());
  }

  private void span(int number, long seconds, int nanos) {
    int begun = w.begin(number);
    w.int64Unless0(1, seconds).int64Unless0(2, nanos);
    w.end(begun);
  }
}
