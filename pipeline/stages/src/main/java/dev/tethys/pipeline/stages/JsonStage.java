package dev.tethys.pipeline.stages;

import dev.tethys.codec.json.tree.JsonPaths;
import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.JsonWriter;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import io.burt.jmespath.JmesPathException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Extracts the results of JMESPath expressions from a JSON object. Unlike in Promtail, integers
 * keep all their digits. If all expressions are plain key paths, only those values are
 * materialized.
 */
final class JsonStage implements Stage {
  static final String DROP_REASON = "json_stage";

  private static final Section KEYS =
      new Section("json", "Extracts the results of JMESPath expressions from a JSON object.");
  private static final Key<Map<String, String>> EXPRESSIONS =
      KEYS.required(
          "expressions",
          Type.map(Type.STRING),
          "JMESPath expressions by the name of the extracted value; an empty "
              + "expression uses the name.");
  private static final Key<String> SOURCE = Source.key(KEYS);
  private static final Key<Boolean> DROP =
      KEYS.key(
          "drop_malformed",
          Type.BOOL,
          false,
          "If true, lines that are not a JSON object are dropped.");

  private final Source source;
  private final String[] names;
  private final JmesPath[] expressions;
  private final @Nullable JsonPaths paths;
  private final Registry.@Nullable Counter dropped;

  JsonStage(
      Source source,
      List<String> names,
      List<JmesPath> expressions,
      Registry.@Nullable Counter dropped) {
    this.source = source;
    this.names = names.toArray(String[]::new);
    this.expressions = expressions.toArray(JmesPath[]::new);
    this.dropped = dropped;
    List<List<String>> keys = new ArrayList<>();
    for (JmesPath p : expressions) {
      List<String> k = p.keys();
      if (k != null) {
        keys.add(k);
      }
    }
    this.paths = keys.size() == names.size() ? new JsonPaths(keys) : null;
  }

  static JsonStage parse(YamlNode config, StageContext context) {
    YamlObject o = config.object(KEYS);
    List<String> names = new ArrayList<>();
    List<JmesPath> expressions = new ArrayList<>();
    for (Map.Entry<String, String> e : o.get(EXPRESSIONS).entrySet()) {
      String text = e.getValue().isEmpty() ? e.getKey() : e.getValue();
      names.add(e.getKey());
      try {
        expressions.add(JmesPath.compile(text));
      } catch (IllegalArgumentException x) {
        throw o.error(
            EXPRESSIONS,
            "could not compile JMESPath expression \"" + text + "\": " + x.getMessage());
      }
    }
    if (names.isEmpty()) {
      throw o.error(EXPRESSIONS, "json stage requires at least one expression");
    }
    return new JsonStage(
        Source.of(o, SOURCE),
        names,
        expressions,
        o.get(DROP) ? context.metrics().dropped(DROP_REASON) : null);
  }

  @Override
  public void process(StageEntry e, Next next) {
    String text = source.text(e);
    if (text != null && !extract(text, e.extracted) && dropped != null) {
      dropped.inc();
      e.entry.settle();
      return;
    }
    next.accept(e);
  }

  private boolean extract(String text, Extracted to) {
    try {
      if (paths != null) {
        @Nullable Object[] values = paths.read(text);
        for (int i = 0; i < names.length; i++) {
          to.put(names[i], shown(values[i]));
        }
        return true;
      }
      Object root = JsonReader.read(text);
      if (root != null && !(root instanceof Map<?, ?>)) {
        return false;
      }
      for (int i = 0; i < names.length; i++) {
        try {
          to.put(names[i], shown(expressions[i].search(root)));
        } catch (JmesPathException x) {
          // no value for this line
        }
      }
      return true;
    } catch (MalformedJsonException x) {
      return false;
    }
  }

  private static @Nullable Object shown(@Nullable Object value) {
    return value instanceof Map || value instanceof List ? JsonWriter.write(value) : value;
  }
}
