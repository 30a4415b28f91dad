package dev.tethys.pipeline.stages;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.regex.Regex;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Drops entries that meet all configured conditions. */
final class DropStage implements Stage {
  private static final Section KEYS = new Section("drop", "Drops entries.");
  private static final Key<List<String>> SOURCE =
      KEYS.optional(
          "source",
          Type.of("string or list of strings", null, DropStage::sources),
          "Extracted values. Without expression and value, entries that have all of them are "
              + "dropped; otherwise the values are compared.");
  private static final Key<String> SEPARATOR =
      KEYS.key(
          "separator", Type.STRING, ";", "Separator that joins several values for the comparison.");
  private static final Key<Regex> EXPRESSION =
      KEYS.optional(
          "expression",
          RegexStage.Regexes.TYPE,
          "RE2 expression that must match the values or, without source, the " + "line.");
  private static final Key<String> VALUE =
      KEYS.optional("value", Type.STRING, "Text that the values must equal.");
  private static final Key<Duration> OLDER =
      KEYS.optional("older_than", GoDurations.TYPE, "Age beyond which entries are dropped.");
  private static final Key<Long> LONGER =
      KEYS.optional("longer_than", Sizes.TYPE, "Size beyond which lines are dropped, in bytes.");
  private static final Key<String> REASON =
      KEYS.key(
          "drop_counter_reason",
          Type.STRING,
          "drop_stage",
          "Reason label of the counter of dropped entries.");

  private final @Nullable List<String> sources;
  private final String separator;
  private final @Nullable Regex expression;
  private final @Nullable String value;
  private final @Nullable Duration olderThan;
  private final @Nullable Long longerThan;
  private final Registry.Counter dropped;
  private final StageClock clock;

  private DropStage(YamlObject o, StageContext context) {
    sources = o.find(SOURCE);
    separator = o.get(SEPARATOR);
    expression = o.find(EXPRESSION);
    value = o.has(VALUE) ? o.get(VALUE, "") : null;
    olderThan = o.find(OLDER);
    longerThan = o.find(LONGER);
    dropped = context.metrics().dropped(reason(o, REASON, "drop_stage"));
    clock = context.clock();
    if (sources == null && expression == null && olderThan == null && longerThan == null) {
      throw o.error(
          "drop stage requires at least one of source, expression, older_than and longer_than");
    }
    if (value != null && sources == null) {
      throw o.error(VALUE, "drop stage with value needs source");
    }
    if (value != null && expression != null) {
      throw o.error(VALUE, "drop stage takes value or expression, not both");
    }
  }

  static DropStage parse(YamlNode config, StageContext context) {
    return new DropStage(config.object(KEYS), context);
  }

  /** Reads the reason label for dropped entries; an empty value selects the default. */
  static String reason(YamlObject o, Key<String> key, String otherwise) {
    String s = o.get(key);
    return s.isEmpty() ? otherwise : s;
  }

  private static List<String> sources(YamlNode n) {
    return n.isList() ? Type.list(Type.STRING).read(n) : List.of(n.asString());
  }

  @Override
  public void process(StageEntry e, Next next) {
    if (meets(e)) {
      dropped.inc();
      e.entry.settle();
    } else {
      next.accept(e);
    }
  }

  private boolean meets(StageEntry e) {
    if (longerThan != null && !Utf8.longerThan(e.line(), longerThan)) {
      return false;
    }
    if (olderThan != null && e.entry.timestamp() >= clock.now() - olderThan.toNanos()) {
      return false;
    }
    if (sources == null) {
      return expression == null || expression.find(e.line());
    }
    if (expression == null && value == null) {
      for (String s : sources) {
        if (!e.extracted.has(s)) {
          return false;
        }
      }
      return true;
    }
    String joined = joined(e.extracted, sources);
    return joined != null && (expression != null ? expression.find(joined) : joined.equals(value));
  }

  private @Nullable String joined(Extracted extracted, List<String> names) {
    StringBuilder sb = null;
    for (String s : names) {
      if (!extracted.has(s)) {
        continue;
      }
      String text = extracted.text(s);
      if (text == null) {
        return null;
      }
      sb = sb == null ? new StringBuilder() : sb.append(separator);
      sb.append(text);
    }
    return sb == null ? "" : sb.toString();
  }
}
