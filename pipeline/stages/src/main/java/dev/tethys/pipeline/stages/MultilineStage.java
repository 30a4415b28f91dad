package dev.tethys.pipeline.stages;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.regex.Regex;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Joins lines with the same labels into blocks. A block starts with a line that matches the
 * first-line expression; lines before the first such line pass unchanged. A block ends at the next
 * first line, at its maximum number of lines, after a wait without lines, or at the end of input.
 * Lines that follow without a first line form another block with the time, labels and extracted
 * values of the last first line.
 */
final class MultilineStage implements Stage {
  /** Maximum number of tracked label sets; the least recently used is evicted. */
  static final int MAX_STREAMS = 10_000;

  /** The longest block, in characters; it ends with the line that exceeds it. */
  static final int MAX_HELD = 16 << 20;

  private static final Section KEYS =
      new Section("multiline", "Joins consecutive lines into one entry.");
  private static final Key<Regex> FIRST =
      KEYS.required(
          "firstline",
          RegexStage.Regexes.TYPE,
          "RE2 expression that matches the first line of a block.");
  private static final Key<Long> MAX_LINES =
      KEYS.key("max_lines", Type.UINT, 128L, "Maximum number of lines in a block; 0 for no limit.");
  private static final Key<Duration> MAX_WAIT =
      KEYS.key(
          "max_wait_time",
          GoDurations.TYPE,
          Duration.ofSeconds(3),
          "Maximum time to wait for the next line of a block.");

  private record Settings(Regex first, long maxLines, long waitNanos) {}

  /** State of a label set: its latest first line and the open block. */
  private static final class Block {
    StageEntry first;
    @Nullable LogEntry held; // owes to the sources of all lines of the block
    final StringBuilder text = new StringBuilder();
    long lines;
    long deadline;

    Block(StageEntry first) {
      this.first = first;
    }
  }

  private final Settings settings;
  private final StageClock clock;
  private final LinkedHashMap<Labels, Block> streams = new LinkedHashMap<>(16, 0.75f, true);
  private final LinkedHashMap<Labels, Block> waiting = new LinkedHashMap<>(); // by deadline

  private MultilineStage(Settings settings, StageClock clock) {
    this.settings = settings;
    this.clock = clock;
  }

  static MultilineStage parse(YamlNode config, StageContext context) {
    YamlObject o = config.object(KEYS);
    return new MultilineStage(
        new Settings(o.get(FIRST), o.get(MAX_LINES), o.get(MAX_WAIT).toNanos()), context.clock());
  }

  @Override
  public void process(StageEntry e, Next next) {
    Labels labels = e.labels();
    boolean first = settings.first.find(e.line());
    Block b = streams.get(labels);
    if (b == null) {
      if (!first) {
        next.accept(e);
        return;
      }
      b = new Block(e);
      makeRoom(next);
      streams.put(labels, b);
    } else if (first) {
      end(labels, b, next);
      b.first = e;
    }
    add(b, e);
    waiting.remove(labels);
    if (b.lines == settings.maxLines || b.text.length() > MAX_HELD) {
      end(labels, b, next);
    } else {
      b.deadline = clock.nanos() + settings.waitNanos;
      waiting.put(labels, b);
    }
  }

  private void makeRoom(Next next) {
    if (streams.size() >= MAX_STREAMS) {
      Map.Entry<Labels, Block> eldest = streams.entrySet().iterator().next();
      streams.remove(eldest.getKey());
      end(eldest.getKey(), eldest.getValue(), next);
    }
  }

  private static void add(Block b, StageEntry e) {
    if (!b.text.isEmpty()) {
      b.text.append('\n');
    }
    b.text.append(e.line());
    b.lines++;
    if (b.held == null) {
      b.held = new LogEntry(b.first.labels(), b.first.entry.timestamp(), "");
      b.held.setMetadata(b.first.entry.metadata());
    }
    b.held.absorb(e.entry);
  }

  /** Emits the block, if there is one. A block of empty lines only is discarded. */
  private void end(Labels labels, Block b, Next next) {
    waiting.remove(labels);
    LogEntry held = b.held;
    if (held == null) {
      return;
    }
    b.held = null;
    b.lines = 0;
    if (b.text.isEmpty()) {
      held.settle();
      return;
    }
    held.setLine(b.text.toString());
    b.text.setLength(0);
    b.text.trimToSize();
    next.accept(new StageEntry(held, b.first.extracted.copy()));
  }

  @Override
  public Stage fork() {
    return new MultilineStage(settings, clock);
  }

  @Override
  public long nextFlush() {
    return waiting.isEmpty() ? Long.MAX_VALUE : waiting.firstEntry().getValue().deadline;
  }

  @Override
  public void flush(long nanos, Next next) {
    while (nextFlush() <= nanos) {
      Map.Entry<Labels, Block> e = waiting.firstEntry();
      end(e.getKey(), e.getValue(), next);
    }
  }

  @Override
  public void drain(Next next) {
    List.copyOf(waiting.entrySet()).forEach(e -> end(e.getKey(), e.getValue(), next));
  }
}
