package dev.tethys.pipeline.receiver;

import java.text.MessageFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Captures the log messages of a class while a test runs. */
public final class LogCapture extends Handler implements AutoCloseable {
  /** Messages, filled in. */
  public final List<String> all = new CopyOnWriteArrayList<>();

  private final Logger logger; // strong reference, because the log manager keeps none

  public LogCapture(Class<?> of) {
    logger = Logger.getLogger(of.getName());
    logger.setLevel(Level.INFO);
    logger.addHandler(this);
  }

  @Override
  public void publish(LogRecord r) {
    all.add(MessageFormat.format(r.getMessage(), r.getParameters()));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
