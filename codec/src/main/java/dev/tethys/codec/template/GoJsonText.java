package dev.tethys.codec.template;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Values of templates as Go's {@code encoding/json} writes them. */
public final class GoJsonText {
  /** Writes values of other types. */
  @FunctionalInterface
  public interface Others {
    /** Writes a value; returns false if it is not of these kinds. */
    boolean write(GoJsonText to, Object value);
  }

  private final StringBuilder out = new StringBuilder();
  private final Others others;
  private final boolean limited;
  private int depth;

  /**
   * Creates an empty text.
   *
   * @param limited whether the text is the result of a template function
   */
  public GoJsonText(Others others, boolean limited) {
    this.others = others;
    this.limited = limited;
  }

  /** The text of a value that templates have. */
  public static String of(@Nullable Object v) {
    return new GoJsonText((t, o) -> false, true).value(v).toString();
  }

  /** Writes a value. */
  public GoJsonText value(@Nullable Object v) {
    TextLimit.check(depth, limited ? out.length() : 0);
    depth++;
    switch (v) {
      case null -> out.append("null");
      case Object o when others.write(this, o) -> {}
      case Boolean b -> out.append(b.booleanValue());
      case Double d -> out.append(number(d));
      case Number n -> out.append(n);
      case String s -> GoJson.append(out, s);
      case GoMap m -> map(new TreeMap<String, Object>(m.entries()));
      case Map<?, ?> m -> map(m);
      case GoList l -> list(l.items());
      case Collection<?> c -> list(c);
      case GoTime t -> GoJson.append(out, t.format("2006-01-02T15:04:05.999999999Z07:00"));
      case GoInteger n -> out.append(n.number());
      case GoStruct s when s.fields().isEmpty() -> GoJson.append(out, GoStrings.print(s));
      case GoStruct s -> map(s.fields());
      default -> GoJson.append(out, GoStrings.print(v));
    }
    depth--;
    return this;
  }

  private static String number(double d) {
    return d == Math.rint(d) && Math.abs(d) < 1e15
        ? Long.toString((long) d)
        : GoFloat.format(d, Math.abs(d) < 1e21 && Math.abs(d) >= 1e-6 ? 'f' : 'e', -1);
  }

  /** Writes an object. */
  public void map(Map<?, ?> m) {
    out.append('{');
    String between = "";
    for (Map.Entry<?, ?> e : m.entrySet()) {
      out.append(between);
      between = ",";
      name(String.valueOf(e.getKey()));
      value(e.getValue());
    }
    out.append('}');
  }

  private void list(Collection<?> items) {
    out.append('[');
    String between = "";
    for (Object v : items) {
      out.append(between);
      between = ",";
      value(v);
    }
    out.append(']');
  }

  /** Writes the name of a member. */
  public GoJsonText name(String n) {
    GoJson.append(out, n).append(':');
    return this;
  }

  /** Writes raw JSON. */
  public GoJsonText raw(String json) {
    out.append(json);
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
