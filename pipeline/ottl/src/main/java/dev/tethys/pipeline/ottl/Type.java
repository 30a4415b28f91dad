package dev.tethys.pipeline.ottl;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.time.Duration;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/** Type of a value: of an expression at load time, of an object at run time. */
public enum Type {
  /** Any value; the type is known only at run time. */
  ANY("any value"),
  NIL("nil"),
  BOOL("bool"),
  /** {@code Long}. */
  INT("int"),
  /** {@code Double}. */
  DOUBLE("double"),
  STRING("string"),
  /** {@code byte[]}. */
  BYTES("bytes"),
  /** {@link Attributes}. */
  MAP("map"),
  /** {@link ArrayValue}. */
  LIST("list"),
  /** {@link ZonedDateTime}. */
  TIME("time"),
  /** {@link Duration}. */
  DURATION("duration"),
  /** {@link Id}. */
  ID("id"),
  /** Parts of telemetry that can only be passed on, like a list of span events. */
  TELEMETRY("telemetry");

  private final String text;

  Type(String text) {
    this.text = text;
  }

  /** Returns the name used in errors. */
  public String text() {
    return text;
  }

  /** Returns the type of an expression's result. */
  public static Type of(@Nullable Object value) {
    return switch (value) {
      case null -> NIL;
      case String _ -> STRING;
      case Long _ -> INT;
      case Boolean _ -> BOOL;
      case Double _ -> DOUBLE;
      case Attributes _ -> MAP;
      case ArrayValue _ -> LIST;
      case byte[] _ -> BYTES;
      case ZonedDateTime _ -> TIME;
      case Duration _ -> DURATION;
      case Id _ -> ID;
      default -> TELEMETRY;
    };
  }
}
