package dev.tethys.pipeline.processor.transform;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Converters of log lines in formats that have a name. */
final class LogFormats {
  private LogFormats() {}

  private interface Parser {
    Attributes parse(String line);
  }

  static List<OttlFunction> all() {
    return List.of(
        converter("ParseCEF", LogFormats::cef),
        OttlFunction.converter("ParseCLF", Type.MAP)
            .in(OttlContext.LOG)
            .takes("target", ParameterKind.STRING)
            .mayTake("format", ParameterKind.LITERAL_STRING)
            .made(
                a -> {
                  boolean combined =
                      switch (a.string(1, "clf")) {
                        case "clf" -> false;
                        case "combined" -> true;
                        default -> throw a.error(1, "the format must be clf or combined");
                      };
                  OttlExpr target = a.expr(0);
                  return at -> clf(string(target.get(at)), combined);
                }),
        converter("ParseELF", LogFormats::elf),
        converter("ParseLEEF", LeefLine::parse));
  }

  private static OttlFunction converter(String name, Parser p) {
    return OttlFunction.converter(name, Type.MAP)
        .in(OttlContext.LOG)
        .takes("target", ParameterKind.STRING)
        .made(
            a -> {
              OttlExpr target = a.expr(0);
              return at -> p.parse(string(target.get(at)));
            });
  }

  private static String string(@org.jspecify.annotations.Nullable Object v) {
    return (String) Objects.requireNonNull(v);
  }

  private static final List<String> CEF =
      List.of(
          "version",
          "device_vendor",
          "device_product",
          "device_version",
          "device_event_class_id",
          "name",
          "severity");

  private static Attributes cef(String line) {
    int start = line.indexOf("CEF:");
    if (start < 0) {
      throw new EvaluationException("the line has no CEF:");
    }
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    int at = start + 4;
    while (at < line.length() && fields.size() < CEF.size()) {
      char c = line.charAt(at++);
      if (c == '\\' && at < line.length() && "|\\".indexOf(line.charAt(at)) >= 0) {
        field.append(line.charAt(at++));
      } else if (c == '|') {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (fields.size() < CEF.size()) {
      throw new EvaluationException(
          "the CEF header has " + fields.size() + " of " + CEF.size() + " fields");
    }
    if (fields.getFirst().isEmpty() || !fields.getFirst().chars().allMatch(Character::isDigit)) {
      throw new EvaluationException("the version of CEF is not a number");
    }
    Attributes m = new Attributes();
    for (int i = 0; i < CEF.size(); i++) {
      m.add("cef." + CEF.get(i), fields.get(i));
    }
    m.add("cef.extensions", extensions(line.substring(at)));
    return m;
  }

  /** Parses extensions. A value ends where the next key starts, so it may contain spaces. */
  private static Attributes extensions(String text) {
    Attributes m = new Attributes();
    int at = 0;
    while (at < text.length()) {
      int eq = nextEquals(text, at);
      if (eq < 0) {
        break;
      }
      String key = text.substring(at, eq).strip();
      int next = nextEquals(text, eq + 1);
      int end = next < 0 ? text.length() : text.lastIndexOf(' ', next);
      if (end <= eq) {
        end = next < 0 ? text.length() : eq + 1;
      }
      if (!key.isEmpty()) {
        m.put(key, unescaped(text.substring(eq + 1, end).strip()));
      }
      at = end;
    }
    return m;
  }

  private static int nextEquals(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == '=') {
        return i;
      }
    }
    return -1;
  }

  private static String unescaped(String s) {
    if (s.indexOf('\\') < 0) {
      return s;
    }
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      char next = c == '\\' && i + 1 < s.length() ? s.charAt(i + 1) : 0;
      switch (next) {
        case '\\', '=' -> {
          sb.append(next);
          i++;
        }
        case 'n' -> {
          sb.append('\n');
          i++;
        }
        case 'r' -> {
          sb.append('\r');
          i++;
        }
        default -> sb.append(c);
      }
    }
    return sb.toString();
  }

  private static Attributes clf(String line, boolean combined) {
    Words w = new Words(line);
    Attributes m = new Attributes();
    m.add("clf.remote_host", w.word());
    m.add("clf.rfc931", w.word());
    m.add("clf.auth_user", w.word());
    m.add("clf.timestamp", w.between('[', ']'));
    String request = w.quoted();
    m.add("clf.request", request);
    String[] parts = request.split(" ");
    if (parts.length == 3) {
      m.add("clf.method", parts[0]);
      m.add("clf.request_uri", parts[1]);
      m.add("clf.protocol", parts[2]);
    }
    m.add("clf.status", w.number());
    String bytes = w.word();
    if (!bytes.equals("-")) {
      m.add("clf.bytes", Words.number(bytes));
    }
    if (combined) {
      m.add("clf.referer", w.quoted());
      m.add("clf.user_agent", w.quoted());
    }
    w.end();
    return m;
  }

  /** Reads a line token by token. */
  private static final class Words {
    private final String line;
    private int at;

    Words(String line) {
      this.line = line.strip();
    }

    private void spaces() {
      while (at < line.length() && line.charAt(at) == ' ') {
        at++;
      }
    }

    String word() {
      spaces();
      int end = line.indexOf(' ', at);
      end = end < 0 ? line.length() : end;
      if (end == at) {
        throw new EvaluationException("the line ends unexpectedly");
      }
      String w = line.substring(at, end);
      at = end;
      return w;
    }

    long number() {
      return number(word());
    }

    static long number(String w) {
      try {
        return Long.parseLong(w);
      } catch (NumberFormatException e) {
        throw new EvaluationException("\"" + w + "\" is not a number");
      }
    }

    String between(char open, char close) {
      spaces();
      int end = at < line.length() && line.charAt(at) == open ? line.indexOf(close, at) : -1;
      if (end < 0) {
        throw new EvaluationException("a part in " + open + close + " is missing");
      }
      String s = line.substring(at + 1, end);
      at = end + 1;
      return s;
    }

    String quoted() {
      spaces();
      if (at >= line.length() || line.charAt(at) != '"') {
        throw new EvaluationException("a part in quotes is missing");
      }
      at++;
      StringBuilder sb = new StringBuilder();
      while (at < line.length() && line.charAt(at) != '"') {
        char c = line.charAt(at++);
        if (c == '\\' && at < line.length()) {
          escape(sb);
        } else {
          sb.append(c);
        }
      }
      if (at == line.length()) {
        throw new EvaluationException("a quote is not closed");
      }
      at++;
      return sb.toString();
    }

    private void escape(StringBuilder sb) {
      char e = line.charAt(at++);
      int simple = "abfnrtv\"\\".indexOf(e);
      if (simple >= 0) {
        sb.append("\u0007\b\f\n\r\t\u000b\"\\".charAt(simple));
      } else if (e == 'x'
          && at + 2 <= line.length()
          && Character.digit(line.charAt(at), 16) >= 0
          && Character.digit(line.charAt(at + 1), 16) >= 0) {
        sb.append((char) Integer.parseInt(line, at, at + 2, 16));
        at += 2;
      } else {
        sb.append('\\').append(e);
      }
    }

    void end() {
      spaces();
      if (at < line.length()) {
        throw new EvaluationException("unexpected text after the last field");
      }
    }
  }

  private static Attributes elf(String block) {
    Attributes m = new Attributes();
    List<String> fields = List.of();
    ArrayValue entries = new ArrayValue();
    for (String raw : block.split("\r?\n")) {
      String line = raw.strip();
      if (line.isEmpty()) {
        continue;
      }
      if (!line.startsWith("#")) {
        entries.add(entry(fields, line));
        continue;
      }
      int colon = line.indexOf(':');
      String name = colon < 0 ? line : line.substring(1, colon);
      String value = colon < 0 ? "" : line.substring(colon + 1).strip();
      switch (name) {
        case "Version" -> m.put("elf.version", value);
        case "Software" -> m.put("elf.software", value);
        case "Date" -> m.put("elf.date", value);
        case "Start-Date" -> m.put("elf.start_date", value);
        case "End-Date" -> m.put("elf.end_date", value);
        case "Remark" -> m.put("elf.remark", value);
        case "Fields" -> fields = List.of(value.split("\\s+"));
        default -> {
          // other directives do not affect the entries
        }
      }
    }
    if (!m.contains("elf.version")) {
      throw new EvaluationException("the block has no #Version");
    }
    ArrayValue names = new ArrayValue();
    fields.forEach(names::add);
    m.put("elf.fields", names);
    m.put("elf.entries", entries);
    return m;
  }

  private static Attributes entry(List<String> fields, String line) {
    List<String> values = new ArrayList<>();
    int at = 0;
    while (at < line.length()) {
      if (Character.isWhitespace(line.charAt(at))) {
        at++;
        continue;
      }
      int end;
      if (line.charAt(at) == '"') {
        end = line.indexOf('"', at + 1);
        end = end < 0 ? line.length() : end;
        values.add(line.substring(at + 1, end));
        at = end + 1;
        continue;
      }
      end = at;
      while (end < line.length() && !Character.isWhitespace(line.charAt(end))) {
        end++;
      }
      values.add(line.substring(at, end));
      at = end;
    }
    Attributes m = new Attributes();
    for (int i = 0; i < fields.size(); i++) {
      m.put(fields.get(i), i < values.size() ? values.get(i) : "-");
    }
    return m;
  }
}
