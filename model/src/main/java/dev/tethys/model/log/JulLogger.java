package dev.tethys.model.log;

import java.lang.System.Logger;
import java.util.Objects;
import java.util.ResourceBundle;
import java.util.function.Supplier;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * {@link Logger} backed by the {@code java.util.logging} logger of the same name. Thread-safe.
 *
 * <p>{@code System.getLogger} searches the class path for a {@code System.LoggerFinder} and opens
 * every archive of it, which costs a start more than all of its log lines. Levels, parameters and
 * records are those of the JDK's own bridge.
 */
public final class JulLogger implements Logger {
  private final java.util.logging.Logger target;

  private JulLogger(java.util.logging.Logger target) {
    this.target = target;
  }

  /** Returns the logger of a name, usually that of the class that logs. */
  public static Logger of(String name) {
    return new JulLogger(java.util.logging.Logger.getLogger(name));
  }

  @Override
  public String getName() {
    return target.getName();
  }

  @Override
  public boolean isLoggable(Level level) {
    return target.isLoggable(toJul(level));
  }

  @Override
  public void log(Level level, @Nullable String message) {
    write(level, null, message, null, null);
  }

  @Override
  public void log(Level level, Supplier<String> message) {
    Objects.requireNonNull(message);
    if (isLoggable(level)) {
      write(level, null, message.get(), null, null);
    }
  }

  @Override
  public void log(Level level, Object value) {
    Objects.requireNonNull(value);
    if (isLoggable(level)) {
      write(level, null, value.toString(), null, null);
    }
  }

  @Override
  public void log(Level level, @Nullable String message, @Nullable Throwable thrown) {
    write(level, null, message, thrown, null);
  }

  @Override
  public void log(Level level, Supplier<String> message, @Nullable Throwable thrown) {
    Objects.requireNonNull(message);
    if (isLoggable(level)) {
      write(level, null, message.get(), thrown, null);
    }
  }

  @Override
  public void log(Level level, @Nullable String format, @Nullable Object @Nullable ... parameters) {
    write(level, null, format, null, parameters);
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String message,
      @Nullable Throwable thrown) {
    write(level, bundle, message, thrown, null);
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String format,
      @Nullable Object @Nullable ... parameters) {
    write(level, bundle, format, null, parameters);
  }

  private void write(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String message,
      @Nullable Throwable thrown,
      @Nullable Object @Nullable [] parameters) {
    java.util.logging.Level at = toJul(level);
    if (!target.isLoggable(at)) {
      return;
    }
    LogRecord record = new LogRecord(at, message);
    record.setLoggerName(target.getName());
    record.setParameters(parameters);
    record.setThrown(thrown);
    if (bundle != null) {
      record.setResourceBundle(bundle);
      record.setResourceBundleName(bundle.getBaseBundleName());
    }
    target.log(record);
  }

  private static java.util.logging.Level toJul(Level level) {
    return switch (level) {
      case ALL -> java.util.logging.Level.ALL;
      case TRACE -> java.util.logging.Level.FINER;
      case DEBUG -> java.util.logging.Level.FINE;
      case INFO -> java.util.logging.Level.INFO;
      case WARNING -> java.util.logging.Level.WARNING;
      case ERROR -> java.util.logging.Level.SEVERE;
      case OFF -> java.util.logging.Level.OFF;
    };
  }
}
