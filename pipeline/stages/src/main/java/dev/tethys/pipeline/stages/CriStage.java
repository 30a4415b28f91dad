package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses lines of the container runtime interface: {@code time stream flags content}. Content with
 * the flag P continues in the next line with the same labels. It is buffered until the line with F
 * arrives, or until no line has come for a minute.
 */
final class CriStage implements Stage {
  /** Maximum wait for the continuation of a line. Promtail waits forever. */
  static final Duration MAX_WAIT = Duration.ofMinutes(1);

  /** Maximum length of a joined line in characters; a longer line is emitted in parts. */
  static final int MAX_HELD = 16 << 20;

  private static final Section KEYS =
      new Section("cri", "Parses lines of the container runtime interface (CRI).");
  private static final Key<Long> MAX_LINES =
      KEYS.key(
          "max_partial_lines",
          Type.INT,
          100L,
          "Maximum number of label sets with a partial line; beyond it all of them are "
              + "forwarded unchanged.");
  private static final Key<Long> MAX_SIZE =
      KEYS.key(
          "max_partial_line_size",
          Sizes.TYPE,
          0L,
          "Maximum size of a line joined from partial lines, with "
              + "max_partial_line_size_truncate.");
  private static final Key<Boolean> TRUNCATE =
      KEYS.key(
          "max_partial_line_size_truncate",
          Type.BOOL,
          false,
          "If true, longer lines are truncated to max_partial_line_size.");

  private static final String TIME = "time";
  private static final String STREAM = "stream";
  private static final String FLAGS = "flags";
  private static final String CONTENT = "content";

  private record Settings(long maxLines, long maxSize, boolean truncate) {}

  /** Partial line: its newest entry and the text so far. */
  private static final class Partial {
    StageEntry newest;
    final StringBuilder text;
    long deadline;

    Partial(StageEntry first) {
      newest = first;
      text = new StringBuilder(first.line());
    }

    StageEntry joined() {
      newest.entry.setLine(text.toString());
      return newest;
    }
  }

  private final Settings settings;
  private final StageClock clock;
  private final DecodedLabels decoded = new DecodedLabels();
  private final LabelsStage label = ContainerStages.streamLabel();
  private final TimestampStage timestamp;
  private final Stage.Change tags = SimpleStages.output("tags");
  private final Map<Labels, Partial> partials = new LinkedHashMap<>(); // the oldest first

  private CriStage(Settings settings, StageClock clock) {
    this.settings = settings;
    this.clock = clock;
    this.timestamp = TimestampStage.of(TIME, "RFC3339Nano", clock);
  }

  static CriStage parse(YamlNode config, StageContext context) {
    YamlObject o = config.object(KEYS);
    long lines = o.get(MAX_LINES);
    if (lines < 0) {
      throw o.error(MAX_LINES, "max_partial_lines must not be negative");
    }
    return new CriStage(
        new Settings(lines == 0 ? 100 : lines, o.get(MAX_SIZE), o.get(TRUNCATE)), context.clock());
  }

  @Override
  public void process(StageEntry e, Next next) {
    e.extracted.seed(decoded.of(e.labels()));
    split(e.line(), e.extracted);
    label.change(e);
    timestamp.change(e);
    String content = e.extracted.text(CONTENT);
    if (content != null) {
      e.entry.setLine(content);
    }
    tags.change(e);
    Partial before = partials.isEmpty() ? null : partials.remove(e.labels());
    boolean goesOn = "P".equals(e.extracted.get(FLAGS));
    if (before != null) {
      before.text.append(e.line());
      e.entry.absorb(before.newest.entry);
      before.newest = e;
      truncate(before);
    }
    if (!goesOn) {
      next.accept(before == null ? e : before.joined());
      return;
    }
    if (before == null && partials.size() >= settings.maxLines) {
      release(next);
    }
    Partial p = before == null ? new Partial(e) : before;
    if (before == null) {
      truncate(p);
    }
    if (p.text.length() > MAX_HELD) {
      next.accept(p.joined());
      return;
    }
    p.deadline = clock.nanos() + MAX_WAIT.toNanos();
    partials.put(e.labels(), p);
  }

  private void truncate(Partial p) {
    if (settings.truncate && p.text.length() * 3L > settings.maxSize) {
      p.text.setLength(Utf8.truncate(p.text.toString(), settings.maxSize).length());
    }
  }

  /** Splits a line into its fields; extracts nothing from a line in another format. */
  private static void split(String s, Extracted to) {
    int a = space(s, 0);
    if (a <= 0) {
      return;
    }
    boolean out = s.startsWith("stdout ", a + 1);
    if (!out && !s.startsWith("stderr ", a + 1)) {
      return;
    }
    int b = a + 7;
    int c = space(s, b + 1);
    if (c <= b + 1) {
      return;
    }
    to.put(TIME, s.substring(0, a));
    to.put(STREAM, out ? "stdout" : "stderr");
    to.put(FLAGS, c == b + 2 && s.charAt(b + 1) == 'F' ? "F" : s.substring(b + 1, c));
    to.put(CONTENT, s.substring(c + 1));
  }

  /** Returns the index of the first white space if it is a space, otherwise -1. */
  private static int space(String s, int from) {
    for (int i = from; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c <= ' ') {
        if (c == ' ') {
          return i;
        }
        if (c == '\t' || c == '\n' || c == '\f' || c == '\r') {
          return -1;
        }
      }
    }
    return -1;
  }

  private void release(Next next) {
    List<Partial> all = new ArrayList<>(partials.values());
    partials.clear();
    all.forEach(p -> next.accept(p.joined()));
  }

  @Override
  public Stage fork() {
    return new CriStage(settings, clock);
  }

  @Override
  public long nextFlush() {
    return partials.isEmpty() ? Long.MAX_VALUE : partials.values().iterator().next().deadline;
  }

  @Override
  public void flush(long nanos, Next next) {
    while (nextFlush() <= nanos) {
      Iterator<Partial> oldest = partials.values().iterator();
      Partial p = oldest.next();
      oldest.remove();
      next.accept(p.joined());
    }
  }

  @Override
  public void drain(Next next) {
    release(next);
  }
}
