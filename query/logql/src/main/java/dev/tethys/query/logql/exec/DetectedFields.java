package dev.tethys.query.logql.exec;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.model.Labels;
import dev.tethys.query.logql.LogEntry;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.exec.LogExplorer.DetectedField;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.query.logql.parser.Units.UnitException;
import dev.tethys.query.logql.pipeline.LogPipeline;
import dev.tethys.query.logql.pipeline.NameTable;
import dev.tethys.query.logql.pipeline.Row;
import dev.tethys.query.logql.pipeline.UsedLabels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds fields in entries: structured metadata and labels that the query's parsers created. In
 * lines of entries without either, fields are found by {@code json} or {@code logfmt}.
 */
public final class DetectedFields {
  /** Maximum number of values of a field that are remembered. */
  private static final int MAX_VALUES = 10_000;

  private final int limit;
  private final Map<String, Field> fields = new LinkedHashMap<>();
  private final NameTable names = new NameTable();
  private final Row row = new Row(names);
  private final LogPipeline json =
      LogPipeline.compile(List.of(new Stage.Json(List.of())), names, UsedLabels.ALL);
  private final LogPipeline logfmt =
      LogPipeline.compile(List.of(new Stage.Logfmt(true, false, List.of())), names, UsedLabels.ALL);

  private static final class Field {
    final String type;
    final Set<String> parsers = new TreeSet<>();
    final TreeSet<String> values = new TreeSet<>();
    List<String> path = List.of();

    Field(String type) {
      this.type = type;
    }
  }

  /**
   * @param limit most fields
   */
  public DetectedFields(int limit) {
    this.limit = limit;
  }

  /** Fields of entries, in the order in which they were found. */
  public List<DetectedField> of(List<LogEntry> entries) {
    for (LogEntry e : entries) {
      for (Labels.Label l : e.metadata().toList()) {
        add(l.name(), l.value());
      }
      for (Labels.Label l : e.parsed().toList()) {
        if (!l.name().startsWith("__error")) {
          add(l.name(), l.value());
        }
      }
      lines(e);
    }
    List<DetectedField> out = new ArrayList<>();
    fields.forEach((n, f) -> out.add(new DetectedField(n, f.type, f.parsers, f.path, f.values)));
    return out;
  }

  private void lines(LogEntry e) {
    if (parse(json, e)) {
      take("json");
      paths(e.text());
    } else if (parse(logfmt, e)) {
      take("logfmt");
    }
  }

  private boolean parse(LogPipeline p, LogEntry e) {
    row.clear();
    row.line(e.line(), 0, e.line().length);
    for (Labels.Label l : e.allLabels().toList()) {
      byte[] v = l.value().getBytes(StandardCharsets.UTF_8);
      row.addStream(names.id(l.name()), v, 0, v.length);
    }
    return p.process(row) && !row.hasError();
  }

  private void take(String parser) {
    for (int s = 0; s < row.slots(); s++) {
      if (row.holds(s) && row.categoryAt(s) == Row.PARSED) {
        String name = names.name(row.nameAt(s));
        Field f = name.isEmpty() ? null : add(name, row.text(row.nameAt(s)));
        if (f != null) {
          f.parsers.add(parser);
        }
      }
    }
  }

  private @org.jspecify.annotations.Nullable Field add(String name, String value) {
    Field f = fields.get(name);
    if (f == null) {
      if (fields.size() >= limit) {
        return null;
      }
      f = new Field(type(value));
      fields.put(name, f);
    }
    if (f.values.size() < MAX_VALUES) {
      f.values.add(value);
    }
    return f;
  }

  /** Records the keys that lead to each field. */
  private void paths(String line) {
    try {
      if (JsonReader.read(line) instanceof Map<?, ?> m) {
        walk(m, "", List.of());
      }
    } catch (MalformedJsonException e) {
      // the lenient parser found fields in it; they have no path
    }
  }

  private void walk(Map<?, ?> object, String prefix, List<String> path) {
    object.forEach(
        (k, v) -> {
          String key = String.valueOf(k);
          List<String> here = new ArrayList<>(path);
          here.add(key);
          String name =
              (prefix.isEmpty() ? "" : prefix + "_") + key.strip().replaceAll("[^a-zA-Z0-9_]", "_");
          if (v instanceof Map<?, ?> m) {
            walk(m, name, here);
            return;
          }
          for (String n : List.of(name, name + NameTable.DUPLICATE_SUFFIX)) {
            Field f = fields.get(n);
            if (f != null && f.path.isEmpty() && f.parsers.contains("json")) {
              f.path = List.copyOf(here);
            }
          }
        });
  }

  /** Returns the type of a value. */
  static String type(String v) {
    if (v.matches("[+-]?\\d{1,18}")) {
      return "int";
    }
    if (v.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")) {
      return "float";
    }
    if (v.equals("true") || v.equals("false")) {
      return "boolean";
    }
    if (!v.isEmpty() && Character.isDigit(v.charAt(v.length() > 1 && v.charAt(0) == '-' ? 1 : 0))) {
      try {
        Units.goDuration(v);
        return "duration";
      } catch (UnitException e) {
        // not a duration
      }
      try {
        Units.size(v);
        return "bytes";
      } catch (UnitException e) {
        // not a size
      }
    }
    return "string";
  }
}
