package dev.tethys.testkit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Captures the messages of a logger until closed, without levels. */
public final class LogMessages implements AutoCloseable {
  private final Logger logger; // held, or its handlers would be forgotten with it
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord r) {
          messages.add(new SimpleFormatter().formatMessage(r));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private LogMessages(Logger logger) {
    this.logger = logger;
    logger.addHandler(handler);
  }

  /** Captures the messages of a logger from now on. */
  public static LogMessages of(String logger) {
    return new LogMessages(Logger.getLogger(logger));
  }

  /** Captures the messages of a class. */
  public static LogMessages of(Class<?> c) {
    return of(c.getName());
  }

  /** Returns all messages so far; the list grows while this is open. */
  public List<String> messages() {
    return messages;
  }

  @Override
  public void close() {
    logger.removeHandler(handler);
  }
}
