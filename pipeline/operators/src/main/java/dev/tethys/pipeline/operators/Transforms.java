package dev.tethys.pipeline.operators;

import static dev.tethys.pipeline.operators.OperatorTypes.change;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.config.Key;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.operators.Operator.Change;
import dev.tethys.pipeline.operators.OperatorTypes.Reader;
import dev.tethys.pipeline.operators.expr.Expression;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operators that move values about. */
final class Transforms {
  private static final Pattern ANSI = Pattern.compile("\\x1b\\[[0-?]*[ -/]*[@-~]");

  private Transforms() {}

  static void addTo(Map<String, Reader> all) {
    change(all, "noop", "Does nothing.", s -> o -> e -> {});
    change(
        all,
        "add",
        "Sets a field.",
        s -> {
          Key<Field> field = s.required("field", Field.TYPE, "Field to change.");
          Key<YamlNode> value = s.required("value", Type.ANY, "New value: a literal, or EXPR(…).");
          return o -> add(o.get(field), o.get(value));
        });
    change(
        all,
        "remove",
        "Removes a field.",
        s -> {
          Key<Field> field = s.required("field", Field.TYPE, "Field to change.");
          return o -> {
            Field f = o.get(field);
            return e -> {
              if (f.delete(e) == Field.NOTHING) {
                throw new OperatorException("there is no " + f + " to remove");
              }
            };
          };
        });
    change(
        all,
        "move",
        "Moves a field.",
        s -> {
          Key<Field> from = s.required("from", Field.TYPE, "Source field.");
          Key<Field> to = s.required("to", Field.TYPE, "Destination field.");
          return o -> {
            Field f = o.get(from);
            Field t = o.get(to);
            return e -> {
              Object v = f.delete(e);
              if (v == Field.NOTHING) {
                throw new OperatorException("there is no " + f + " to move");
              }
              t.set(e, v);
            };
          };
        });
    change(
        all,
        "copy",
        "Copies a field.",
        s -> {
          Key<Field> from = s.required("from", Field.TYPE, "Source field.");
          Key<Field> to = s.required("to", Field.TYPE, "Destination field.");
          return o -> {
            Field f = o.get(from);
            Field t = o.get(to);
            return e -> {
              Object v = f.get(e);
              if (v == Field.NOTHING) {
                throw new OperatorException("there is no " + f + " to copy");
              }
              t.set(e, AnyValue.copy(v));
            };
          };
        });
    change(
        all,
        "retain",
        "Keeps only some fields.",
        s -> {
          Key<List<Field>> fields = s.required("fields", Type.list(Field.TYPE), "Fields to keep.");
          return o -> retain(o.get(fields));
        });
    change(
        all,
        "flatten",
        "Replaces a map by its entries.",
        s -> {
          Key<Field> field = s.required("field", Field.TYPE, "Field to change.");
          return o -> {
            Field f = o.get(field);
            if (f.isRoot()) {
              throw o.error(field, f + " is not in a map itself");
            }
            Field parent = f.parent();
            return e -> {
              if (!(f.get(e) instanceof Attributes)) {
                throw new OperatorException("there is no map at " + f);
              }
              parent.set(e, f.delete(e));
            };
          };
        });
    change(
        all,
        "assign_keys",
        "Names for the elements of a list.",
        s -> {
          Key<Field> field = s.required("field", Field.TYPE, "Field with the list.");
          Key<List<String>> keys =
              s.required("keys", Type.list(Type.STRING), "Names of the resulting attributes.");
          return o -> {
            Field f = o.get(field);
            List<String> names = o.get(keys);
            return e -> {
              if (!(f.get(e) instanceof ArrayValue a)) {
                throw new OperatorException("there is no list at " + f);
              }
              f.set(e, TextParsers.named(names, a));
            };
          };
        });
    change(
        all,
        "unquote",
        "Takes quotes and escapes away, as Go writes them.",
        s -> {
          Key<Field> field = s.required("field", Field.TYPE, "Field to change.");
          return o -> {
            Field f = o.get(field);
            return e -> f.set(e, unquoted(string(f, e)));
          };
        });
    change(
        all,
        "sanitize_utf8",
        "Replaces invalid text.",
        s -> {
          Key<Field> field = s.key("field", Field.TYPE, Field.BODY, "Field to change.");
          return o -> {
            Field f = o.get(field);
            return e -> f.set(e, sanitized(f.get(e), f));
          };
        });
    change(
        all,
        "regex_replace",
        "Replaces matches of an expression.",
        s -> {
          Key<Field> field = s.required("field", Field.TYPE, "Field in which text is replaced.");
          Key<Pattern> regex = s.optional("regex", Type.REGEX, "Regular expression to replace.");
          Key<String> name =
              s.optional(
                  "regex_name",
                  Type.oneOf("regex_name", List.of("ansi_control_sequences")),
                  "Name of a predefined regular expression.");
          Key<String> with =
              s.key(
                  "replace_with",
                  Type.STRING,
                  "",
                  "Replacement; ${1} and ${name} refer to groups.");
          return o -> replace(o, o.get(field), o.find(regex), o.find(name), o.get(with));
        });
  }

  private static String string(Field f, Entry e) throws OperatorException {
    if (f.get(e) instanceof String s) {
      return s;
    }
    throw new OperatorException("there is no string at " + f);
  }

  private static Change add(Field f, YamlNode value) {
    if (value.isScalar()) {
      String text = value.asString();
      if (text.startsWith("EXPR(") && text.endsWith(")")) {
        Expression<Entry> x;
        try {
          x = Conditions.compile(text.substring(5, text.length() - 1));
        } catch (ExpressionException e) {
          throw value.error(String.valueOf(e.getMessage()));
        }
        return e -> {
          Object v = x.evaluate(e);
          if (v instanceof java.time.ZonedDateTime || v instanceof java.time.Duration) {
            throw new OperatorException(
                "a time cannot be stored in a field; convert it to a " + "string");
          }
          // The result of an expression may be a constant, or part of the entry.
          f.set(e, AnyValue.copy(v));
        };
      }
    }
    Object constant = tree(value.asTree());
    return e -> f.set(e, AnyValue.copy(constant));
  }

  private static Object tree(Object v) {
    return switch (v) {
      case BigDecimal n -> {
        try {
          yield n.longValueExact();
        } catch (ArithmeticException e) {
          yield n.doubleValue();
        }
      }
      case List<?> l -> {
        ArrayValue a = new ArrayValue();
        l.forEach(x -> a.add(tree(java.util.Objects.requireNonNull(x))));
        yield a;
      }
      case Map<?, ?> m -> {
        Attributes a = new Attributes();
        m.forEach((k, x) -> a.put(String.valueOf(k), tree(java.util.Objects.requireNonNull(x))));
        yield a;
      }
      default -> v;
    };
  }

  /**
   * Keeps fields; of body, attributes and resource, those without a listed field stay unchanged.
   */
  private static Change retain(List<Field> fields) {
    return e -> {
      Attributes[] kept = new Attributes[3];
      Object body = null;
      boolean wholeBody = false;
      for (Field f : fields) {
        int i = f.root().ordinal();
        if (kept[i] == null) {
          kept[i] = new Attributes();
        }
        Object v = f.get(e);
        if (v == Field.NOTHING) {
          continue;
        }
        if (f.isRoot()) {
          if (f.root() == Field.Root.BODY) {
            wholeBody = true;
            body = v;
          } else if (v instanceof Attributes a) {
            kept[i].putAll(a);
          }
          continue;
        }
        Attributes at = kept[i];
        for (String k : f.keys().subList(0, f.keys().size() - 1)) {
          Attributes inner = at.get(k) instanceof Attributes a ? a : new Attributes();
          at.put(k, inner);
          at = inner;
        }
        at.put(f.keys().getLast(), AnyValue.copy(v));
      }
      if (kept[0] != null) {
        e.record().setBody(wholeBody ? body : kept[0].isEmpty() ? null : kept[0]);
      }
      if (kept[1] != null) {
        Entry.replace(e.record().attributes(), kept[1]);
      }
      if (kept[2] != null) {
        Entry.replace(e.resource(), kept[2]);
      }
    };
  }

  /**
   * Unquotes like Go's {@code strconv.Unquote}: double quotes, single quotes of one character,
   * backquotes.
   */
  static String unquoted(String s) throws OperatorException {
    int n = s.length();
    if (n < 2 || s.charAt(0) != s.charAt(n - 1)) {
      throw new OperatorException("the text is not in quotes");
    }
    char quote = s.charAt(0);
    String inner = s.substring(1, n - 1);
    if (quote == '`') {
      if (inner.indexOf('`') >= 0) {
        throw new OperatorException("a backquote within backquotes");
      }
      return inner.replace("\r", "");
    }
    if (quote != '"' && quote != '\'') {
      throw new OperatorException("the text is not in quotes");
    }
    StringBuilder sb = new StringBuilder();
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    for (int i = 0; i < inner.length(); ) {
      char c = inner.charAt(i++);
      if (c == quote || c == '\n') {
        throw new OperatorException("the quoted text contains a quote or a line end");
      }
      if (c != '\\') {
        flush(sb, bytes);
        sb.append(c);
        continue;
      }
      char e = i < inner.length() ? inner.charAt(i++) : 0;
      int digits = e == 'x' ? 2 : e == 'u' ? 4 : e == 'U' ? 8 : e >= '0' && e <= '7' ? 3 : 0;
      if (digits > 0) {
        int from = digits == 3 ? i - 1 : i;
        if (from + digits > inner.length()) {
          throw new OperatorException("an escape has too few digits");
        }
        int v;
        try {
          v = Integer.parseUnsignedInt(inner, from, from + digits, digits == 3 ? 8 : 16);
        } catch (NumberFormatException x) {
          throw new OperatorException("an escape has other than digits");
        }
        i = from + digits;
        if (digits < 4) {
          bytes.write(v); // of UTF-8
        } else if (Character.isValidCodePoint(v)) {
          flush(sb, bytes);
          sb.appendCodePoint(v);
        } else {
          throw new OperatorException("an escape names no character");
        }
        continue;
      }
      flush(sb, bytes);
      switch (e) {
        case 'a' -> sb.append('\u0007');
        case 'b' -> sb.append('\b');
        case 'f' -> sb.append('\f');
        case 'n' -> sb.append('\n');
        case 'r' -> sb.append('\r');
        case 't' -> sb.append('\t');
        case 'v' -> sb.append('\u000b');
        case '\\' -> sb.append('\\');
        default -> {
          if (e != quote) {
            throw new OperatorException("there is no escape \\" + e);
          }
          sb.append(e);
        }
      }
    }
    flush(sb, bytes);
    if (quote == '\'' && sb.codePointCount(0, sb.length()) != 1) {
      throw new OperatorException("single quotes must contain one character");
    }
    return sb.toString();
  }

  private static void flush(StringBuilder sb, java.io.ByteArrayOutputStream bytes) {
    if (bytes.size() > 0) {
      sb.append(bytes.toString(StandardCharsets.UTF_8));
      bytes.reset();
    }
  }

  private static String sanitized(@Nullable Object v, Field f) throws OperatorException {
    return switch (v) {
      // Unpaired surrogates are the only invalid text.
      case String s -> new String(s.getBytes(StandardCharsets.UTF_16BE), StandardCharsets.UTF_16BE);
      case byte[] b -> new String(b, StandardCharsets.UTF_8);
      case null, default -> throw new OperatorException("there is no string at " + f);
    };
  }

  private static Change replace(
      YamlObject o, Field f, @Nullable Pattern regex, @Nullable String name, String with) {
    if ((regex == null) == (name == null)) {
      throw o.error("exactly one of regex and regex_name is required");
    }
    Pattern p = regex == null ? ANSI : regex;
    Replacement r = Replacement.of(with, OperatorTypes.groups(p), p.groupCount());
    return e -> {
      String s = string(f, e);
      Matcher m = p.matcher(s);
      int at = 0;
      StringBuilder sb = new StringBuilder();
      while (m.find()) {
        sb.append(s, at, m.start());
        r.append(sb, m);
        at = m.end();
      }
      if (at > 0 || !sb.isEmpty()) {
        f.set(e, sb.append(s, at, s.length()).toString());
      }
    };
  }

  /** Replacement of a match, expanded as in Go: $1, ${1}, $name, ${name}, $$. */
  private record Replacement(List<Object> parts) {
    static Replacement of(String text, Map<String, Integer> groups, int count) {
      List<Object> parts = new java.util.ArrayList<>();
      StringBuilder sb = new StringBuilder();
      int i = 0;
      while (i < text.length()) {
        char c = text.charAt(i++);
        if (c != '$' || i == text.length()) {
          sb.append(c);
          continue;
        }
        if (text.charAt(i) == '$') {
          sb.append('$');
          i++;
          continue;
        }
        boolean braces = text.charAt(i) == '{';
        int from = braces ? i + 1 : i;
        int to = from;
        while (to < text.length()
            && (Character.isLetterOrDigit(text.charAt(to)) || text.charAt(to) == '_')) {
          to++;
        }
        if (to == from || braces && (to == text.length() || text.charAt(to) != '}')) {
          sb.append('$');
          continue;
        }
        String name = text.substring(from, to);
        i = braces ? to + 1 : to;
        Integer group = name.matches("[0-9]{1,6}") ? Integer.valueOf(name) : groups.get(name);
        parts.add(sb.toString());
        sb.setLength(0);
        if (group != null && group <= count) {
          parts.add(group);
        }
      }
      parts.add(sb.toString());
      return new Replacement(List.copyOf(parts));
    }

    void append(StringBuilder sb, Matcher m) {
      for (Object p : parts) {
        if (p instanceof Integer g) {
          String s = m.group(g);
          sb.append(s == null ? "" : s);
        } else {
          sb.append(p);
        }
      }
    }
  }
}
