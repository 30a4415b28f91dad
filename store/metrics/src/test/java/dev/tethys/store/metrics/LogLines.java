package dev.tethys.store.metrics;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the store logs, from when this is made until it is closed. */
final class LogLines extends Handler implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("dev.tethys.store.metrics");

  private record Line(Level level, String text) {}

  private final List<Line> lines = new CopyOnWriteArrayList<>();

  LogLines() {
    LOG.addHandler(this);
  }

  List<String> of(Level level) {
    return lines.stream().filter(l -> l.level().equals(level)).map(Line::text).toList();
  }

  @Override
  public void publish(LogRecord r) {
    lines.add(new Line(r.getLevel(), String.valueOf(r.getMessage())));
  }

  @Override
  public void flush() {
    // nothing is delayed
  }

  @Override
  public void close() {
    LOG.removeHandler(this);
  }
}
