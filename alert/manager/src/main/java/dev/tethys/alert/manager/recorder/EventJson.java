package dev.tethys.alert.manager.recorder;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.ObjectMapper;

/** Writes an event as protobuf's JSON, without line ends. */
final class EventJson implements EventFields {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonGenerator g;

  private EventJson(JsonGenerator g) {
    this.g = g;
  }

  static byte[] of(Consumer<EventFields> event) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator g = JSON.createGenerator(out)) {
      g.writeStartObject();
      event.accept(new EventJson(g));
      g.writeEndObject();
    }
    return out.toByteArray();
  }

  @Override
  public void text(int number, String name, String value) {
    if (!value.isEmpty()) {
      g.writeStringProperty(name, value);
    }
  }

  @Override
  public void texts(int number, String name, List<String> values) {
    if (!values.isEmpty()) {
      g.writeArrayPropertyStart(name);
      values.forEach(g::writeString);
      g.writeEndArray();
    }
  }

  @Override
  public void number(int number, String name, int value) {
    if (value != 0) {
      g.writeNumberProperty(name, value);
    }
  }

  @Override
  public void signed(int number, String name, long value) {
    text(number, name, value == 0 ? "" : Long.toString(value));
  }

  @Override
  public void unsigned(int number, String name, long value) {
    text(number, name, value == 0 ? "" : Long.toUnsignedString(value));
  }

  @Override
  public void allUnsigned(int number, String name, List<Long> values) {
    texts(number, name, values.stream().map(Long::toUnsignedString).toList());
  }

  @Override
  public void flag(int number, String name, boolean value) {
    if (value) {
      g.writeBooleanProperty(name, true);
    }
  }

  @Override
  public void symbol(int number, String name, int value, String symbol) {
    text(number, name, value == 0 ? "" : symbol);
  }

  @Override
  public void message(int number, String name, Consumer<EventFields> fields) {
    g.writeObjectPropertyStart(name);
    fields.accept(this);
    g.writeEndObject();
  }

  @Override
  public <T> void messages(
      int number, String name, List<T> all, BiConsumer<EventFields, T> fields) {
    if (!all.isEmpty()) {
      g.writeArrayPropertyStart(name);
      for (T one : all) {
        g.writeStartObject();
        fields.accept(this, one);
        g.writeEndObject();
      }
      g.writeEndArray();
    }
  }

  @Override
  public void time(int number, String name, Instant value) {
    g.writeStringProperty(name, value.toString());
  }

  @Override
  public void duration(int number, String name, Duration value) {
    BigDecimal seconds =
        BigDecimal.valueOf(value.getSeconds()).add(BigDecimal.valueOf(value.getNano(), 9));
    String text = seconds.signum() == 0 ? "0" : seconds.stripTrailingZeros().toPlainString();
    g.writeStringProperty(name, text + "s");
  }
}
