package dev.tethys.pipeline.operators;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.YamlObject;
import org.jspecify.annotations.Nullable;

/** Settings of all parsers: source, target, and embedded time, severity and trace parsers. */
final class ParserKeys {
  /** Creates a value of a value. */
  @FunctionalInterface
  interface Parse {
    @Nullable Object of(@Nullable Object value, Entry e) throws OperatorException;
  }

  private final Key<Field> from;
  private final Key<Field> to;
  private final Key<Field> body;
  private final Key<TimeSetting> time;
  private final Key<SeveritySetting> severity;
  private final Key<TraceSetting> trace;
  private final Key<Field> scope;

  ParserKeys(Section s) {
    this(s, "scope_name");
  }

  private ParserKeys(Section s, String scopeKey) {
    from = s.key("parse_from", Field.TYPE, Field.BODY, "Field to parse.");
    to = s.key("parse_to", Field.TYPE, Field.ATTRIBUTES, "Field that receives the result.");
    body =
        s.optional(
            "body", Field.TYPE, "Field whose value becomes the body, after the result is stored.");
    time =
        s.optional("timestamp", TimeSetting.TYPE, "Timestamp of the entry, taken from the result.");
    severity =
        s.optional(
            "severity", SeveritySetting.TYPE, "Severity of the entry, taken from the result.");
    trace =
        s.optional(
            "trace", TraceSetting.TYPE, "Trace context of the entry, taken from the result.");
    Section block = new Section("scope_name", "Name of the scope.");
    Key<Field> scopeFrom = block.required("parse_from", Field.TYPE, "Field that holds the value.");
    scope =
        s.optional(
            scopeKey,
            block.type(o -> o.get(scopeFrom)),
            "Scope name of the entry, taken from the result.");
  }

  /** Returns the destination of the result. */
  Field target(YamlObject o) {
    return o.get(to);
  }

  boolean hasTarget(YamlObject o) {
    return o.has(to);
  }

  Field source(YamlObject o) {
    return o.get(from);
  }

  /** Creates a change that parses an entry. */
  Operator.Change change(YamlObject o, Parse parse) {
    Field source = o.get(from);
    Field target = o.get(to);
    Operator.Change more = embedded(o);
    return e -> {
      Object v = source.get(e);
      if (v == Field.NOTHING) {
        throw new OperatorException("there is no " + source + " to parse");
      }
      target.set(e, parse.of(v, e));
      more.apply(e);
    };
  }

  /** Applies the parts of the result that can be read, before an error is reported. */
  Operator.Change embedded(YamlObject o) {
    Field b = o.find(body);
    if (b != null && o.get(to).isRoot() && o.get(to).root() == Field.Root.BODY) {
      throw o.error(body, "parse_to: body is not allowed when body is configured");
    }
    TimeSetting t = o.find(time);
    SeveritySetting s = o.find(severity);
    TraceSetting tr = o.find(trace);
    Field sc = o.find(scope);
    return e -> {
      OperatorException first = null;
      Object content = b == null ? Field.NOTHING : b.get(e);
      if (content != Field.NOTHING) {
        e.record().setBody(content);
      }
      if (t != null) {
        first = tried(t::apply, e, first);
      }
      if (s != null) {
        first = tried(s::apply, e, first);
      }
      if (tr != null) {
        first = tried(tr::apply, e, first);
      }
      if (sc != null) {
        first = tried(x -> scope(sc, x), e, first);
      }
      if (first != null) {
        throw first;
      }
    };
  }

  private static @Nullable OperatorException tried(
      Operator.Change c, Entry e, @Nullable OperatorException first) {
    try {
      c.apply(e);
      return first;
    } catch (OperatorException x) {
      return first == null ? x : first;
    }
  }

  /** Reads the scope name from a field. */
  static void scope(Field from, Entry e) throws OperatorException {
    if (!(from.get(e) instanceof String s)) {
      throw new OperatorException("there is no string at " + from + " that could name the scope");
    }
    e.setScope(s);
  }

  /** Returns the value as a string, or fails with its actual type. */
  static String string(@Nullable Object v, String what) throws OperatorException {
    if (v instanceof String s) {
      return s;
    }
    throw new OperatorException(what + " is not a string");
  }
}
