package dev.tethys.pipeline.stages;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Detects the severity and pattern of a line, and counts lines by both. Known patterns are shared
 * by all forks and limited per severity; guarded by this.
 */
final class PatternStage implements Stage.Change {
  /** Pattern label of lines beyond the limit of patterns. */
  static final String OTHERS = "unclassified";

  private static final int MOST = 10_000;

  private static final Section EXTRACT = new Section("extract", "Names of the extracted values.");
  private static final Key<String> SEVERITY =
      EXTRACT.optional("severity", Type.STRING, "Name of the severity.");
  private static final Key<String> TEXT =
      EXTRACT.optional("pattern", Type.STRING, "Name of the pattern.");
  private static final Key<String> HASH =
      EXTRACT.optional("hash", Type.STRING, "Name of the hash of the pattern.");

  private static final Section KEYS =
      new Section("pattern", "Counts lines by severity and detected pattern.");
  private static final Key<String> SOURCE = Source.key(KEYS);
  private static final Key<List<Severity>> SEVERITIES =
      KEYS.key(
          "severities",
          Type.list(Type.lowerCase("severity", Severity.class)),
          List.of(Severity.WARNING, Severity.ERROR, Severity.CRITICAL),
          "Severities for which patterns are detected.");
  private static final Key<Long> MAX =
      KEYS.key("max_patterns", Type.INT, 256L, "Maximum number of patterns per severity.");
  private static final Key<Names> NAMES =
      KEYS.key("extract", EXTRACT.type(Names::read), Names.NONE, "Names of the extracted values.");

  private record Names(@Nullable String severity, @Nullable String text, @Nullable String hash) {
    static final Names NONE = new Names(null, null, null);

    static Names read(YamlObject o) {
      return new Names(o.find(SEVERITY), o.find(TEXT), o.find(HASH));
    }
  }

  private record PatternLabels(String hash, String text) {
    static final PatternLabels REST = new PatternLabels(OTHERS, OTHERS);
  }

  private final Source source;
  private final Set<Severity> reported;
  private final int most;
  private final Names names;
  private final String job;
  private final StageMetrics metrics;

  @GuardedBy("this")
  private final Map<Severity, Map<LogPattern, PatternLabels>> patterns =
      new EnumMap<>(Severity.class);

  @GuardedBy("this")
  private final Map<Severity, List<LogPattern>> kinds = new EnumMap<>(Severity.class);

  private PatternStage(YamlObject o, StageContext context) {
    source = Source.of(o, SOURCE);
    reported = EnumSet.noneOf(Severity.class);
    reported.addAll(o.get(SEVERITIES));
    long max = o.get(MAX);
    if (max < 1 || max > MOST) {
      throw o.error(MAX, "max_patterns must be 1 to " + MOST);
    }
    most = (int) max;
    names = o.get(NAMES);
    job = context.job();
    metrics = context.metrics();
  }

  static PatternStage parse(YamlNode config, StageContext context) {
    return new PatternStage(config.object(KEYS), context);
  }

  @Override
  public void change(StageEntry e) {
    String text = source.text(e);
    if (text == null) {
      return;
    }
    Severity severity = Severity.of(text);
    metrics.messages(job, severity.shown()).inc();
    if (names.severity != null) {
      e.extracted.put(names.severity, severity.shown());
    }
    if (!reported.contains(severity)) {
      return;
    }
    PatternLabels k = known(severity, LogPattern.of(text));
    metrics.patterns(job, severity.shown(), k.hash, k.text).inc();
    if (names.text != null) {
      e.extracted.put(names.text, k.text);
    }
    if (names.hash != null) {
      e.extracted.put(names.hash, k.hash);
    }
  }

  private synchronized PatternLabels known(Severity severity, LogPattern p) {
    Map<LogPattern, PatternLabels> of =
        patterns.computeIfAbsent(severity, s -> new LinkedHashMap<>(16, 0.75f, true));
    PatternLabels k = of.get(p);
    if (k != null) {
      return k;
    }
    List<LogPattern> all = kinds.computeIfAbsent(severity, s -> new ArrayList<>());
    for (LogPattern other : all) {
      if (other.like(p)) {
        k = new PatternLabels(other.hash(), other.text());
        break;
      }
    }
    if (k == null) {
      if (all.size() >= most) {
        return PatternLabels.REST;
      }
      all.add(p);
      k = new PatternLabels(p.hash(), p.text());
    }
    if (of.size() >= 4 * most) { // spellings of patterns; the least recently used is evicted
      of.remove(of.keySet().iterator().next());
    }
    of.put(p, k);
    return k;
  }
}
