package dev.tethys.web;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Current web configuration of a server. On use, at most every {@link #CHECK_NANOS}, its files are
 * checked for changes of time, size or identity and read again.
 *
 * <p>Prometheus returns 500 while the file is broken; here the last valid configuration stays in
 * use: a half-written file must neither open nor close a server. The error is logged once for each
 * change.
 */
public final class ReloadedWebConfig {
  /** Maximum age of a configuration before the files are checked again. */
  static final long CHECK_NANOS = 250_000_000;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  private record Stamp(Path file, @Nullable Object time, long size, @Nullable Object key) {}

  private final List<Path> own;
  private final WebConfig.Source source;
  private final LongSupplier nanos;
  private volatile WebConfig current;
  private volatile long checkedAt;

  @GuardedBy("this")
  private List<Stamp> stamps;

  @GuardedBy("this")
  private Object version; // of the source

  @GuardedBy("this")
  private @Nullable String problem; // of the last reading

  /**
   * Returns a supplier of the current configuration; an invalid change keeps the previous one.
   *
   * @throws IOException if it cannot be read now
   */
  public static Supplier<WebConfig> following(WebConfig.Source source) throws IOException {
    return new ReloadedWebConfig(source, System::nanoTime)::get;
  }

  /** Reads the file for the first time; then errors are the caller's. */
  public ReloadedWebConfig(@Nullable Path file, LongSupplier nanos) throws IOException {
    this(
        file == null ? List.of() : List.of(file),
        file == null ? () -> WebConfig.NONE : () -> WebConfig.read(file),
        nanos);
  }

  /** Variant for a configuration that is not its own file and may name some. */
  public ReloadedWebConfig(WebConfig.Source source, LongSupplier nanos) throws IOException {
    this(List.of(), source, nanos);
  }

  private ReloadedWebConfig(List<Path> own, WebConfig.Source source, LongSupplier nanos)
      throws IOException {
    this.own = own;
    this.source = source;
    this.nanos = nanos;
    this.checkedAt = nanos.getAsLong();
    this.version = source.version();
    this.current = source.read();
    this.stamps = stamps(current);
  }

  /** Returns the current configuration. */
  public WebConfig get() {
    boolean isOfFiles = !own.isEmpty() || !current.files().isEmpty();
    if (isOfFiles && nanos.getAsLong() - checkedAt >= CHECK_NANOS) {
      reloadIfChanged();
    }
    return current;
  }

  private synchronized void reloadIfChanged() {
    long checkTime = nanos.getAsLong();
    if (checkTime - checkedAt < CHECK_NANOS) {
      return;
    }
    checkedAt = checkTime;
    // While the new one is invalid, its files are unknown: it is then read every time.
    Object now = source.version(); // before it is read: what comes later is seen later
    if (problem == null && now.equals(version) && stamps(current).equals(stamps)) {
      return;
    }
    try {
      WebConfig next = source.read();
      version = now;
      stamps = stamps(next);
      current = next;
      problem = null;
      LOG.log(Level.INFO, "Web configuration reloaded: {0}", own.isEmpty() ? next.files() : own);
    } catch (ConfigException | IOException e) {
      String message = IoFailures.describe(e);
      if (!message.equals(problem)) {
        LOG.log(Level.ERROR, "Web configuration invalid, keeping the previous one: {0}", message);
      }
      problem = message;
    }
  }

  private List<Stamp> stamps(WebConfig c) {
    List<Stamp> out = new ArrayList<>();
    own.forEach(f -> out.add(stamp(f)));
    for (String named : c.files()) {
      out.add(stamp(Path.of(named)));
    }
    return out;
  }

  private static Stamp stamp(Path p) {
    try {
      BasicFileAttributes a = Files.readAttributes(p, BasicFileAttributes.class);
      return new Stamp(p, a.lastModifiedTime(), a.size(), Objects.toString(a.fileKey()));
    } catch (IOException e) {
      return new Stamp(p, null, -1, null);
    }
  }
}
