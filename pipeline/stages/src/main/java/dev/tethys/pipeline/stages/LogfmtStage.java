package dev.tethys.pipeline.stages;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Extracts values of {@code key=value} pairs. Pairs before a syntax error are still extracted. */
final class LogfmtStage implements Stage.Change {
  private static final Section KEYS =
      new Section("logfmt", "Extracts values from key=value pairs.");
  private static final Key<Map<String, String>> MAPPING =
      KEYS.required(
          "mapping",
          Type.map(Type.STRING),
          "Keys by the name of the extracted value; an empty key uses the name.");
  private static final Key<String> SOURCE = Source.key(KEYS);

  private final Source source;
  private final Map<String, String> names; // by key

  private LogfmtStage(Source source, Map<String, String> names) {
    this.source = source;
    this.names = names;
  }

  static LogfmtStage parse(YamlNode config) {
    YamlObject o = config.object(KEYS);
    Map<String, String> names = new HashMap<>();
    o.get(MAPPING).forEach((name, key) -> names.put(key.isEmpty() ? name : key, name));
    if (names.isEmpty()) {
      throw o.error(MAPPING, "logfmt stage requires at least one mapping");
    }
    return new LogfmtStage(Source.of(o, SOURCE), names);
  }

  @Override
  public void change(StageEntry e) {
    String s = source.text(e);
    if (s == null) {
      return;
    }
    int at = 0;
    while (at < s.length()) {
      if (s.charAt(at) <= ' ') {
        at++;
        continue;
      }
      int start = at;
      while (at < s.length() && s.charAt(at) > ' ' && s.charAt(at) != '=') {
        if (s.charAt(at) == '"') {
          return; // not a key
        }
        at++;
      }
      if (at == start) {
        return; // "=" without a key
      }
      String name = names.get(s.substring(start, at));
      if (at >= s.length() || s.charAt(at) != '=') {
        put(e, name, "");
        continue;
      }
      at++;
      if (at < s.length() && s.charAt(at) == '"') {
        int end = closing(s, at);
        String v = end < 0 ? null : unquoted(s.substring(at, end));
        if (v == null) {
          return;
        }
        put(e, name, v);
        at = end;
        continue;
      }
      int from = at;
      while (at < s.length() && s.charAt(at) > ' ') {
        if (s.charAt(at) == '"' || s.charAt(at) == '=') {
          return;
        }
        at++;
      }
      put(e, name, s.substring(from, at));
    }
  }

  private static void put(StageEntry e, @Nullable String name, String value) {
    if (name != null) {
      e.extracted.put(name, value);
    }
  }

  /**
   * Returns the index after the quote that closes the one at {@code at}; -1 if it is not closed.
   */
  private static int closing(String s, int at) {
    for (int p = at + 1; p < s.length(); p++) {
      if (s.charAt(p) == '\\') {
        p++;
      } else if (s.charAt(p) == '"') {
        return p + 1;
      }
    }
    return -1;
  }

  private static @Nullable String unquoted(String quoted) {
    if (quoted.indexOf('\\') < 0) {
      return quoted.substring(1, quoted.length() - 1);
    }
    try {
      return (String) JsonReader.read(quoted);
    } catch (MalformedJsonException e) {
      return null;
    }
  }
}
