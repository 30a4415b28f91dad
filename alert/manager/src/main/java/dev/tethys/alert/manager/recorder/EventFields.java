package dev.tethys.alert.manager.recorder;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Receives the fields of an event, message by message: written once, they become JSON as protobuf
 * defines it, or protobuf. Values that are protobuf's defaults are omitted, lists without elements
 * too; messages are written even when they are empty.
 */
public interface EventFields {
  void text(int number, String name, String value);

  void texts(int number, String name, List<String> values);

  /** Writes a small number. */
  void number(int number, String name, int value);

  /** Writes a 64-bit number, which is a string in JSON. */
  void signed(int number, String name, long value);

  /** Writes an unsigned 64-bit number. */
  void unsigned(int number, String name, long value);

  void allUnsigned(int number, String name, List<Long> values);

  void flag(int number, String name, boolean value);

  /** Writes an enum value. */
  void symbol(int number, String name, int value, String symbol);

  void message(int number, String name, Consumer<EventFields> fields);

  <T> void messages(int number, String name, List<T> all, BiConsumer<EventFields, T> fields);

  void time(int number, String name, Instant value);

  void duration(int number, String name, Duration value);
}
