package dev.tethys.web.internal;

import dev.tethys.config.ConfigException;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The web configuration as its files stand now. They are looked at again on use, but at most every
 * {@link #LOOK_NANOS}, and read again when any has changed in time, size or identity.
 *
 * <p>Where Prometheus answers 500 while the file is broken, the last configuration that could be
 * read goes on: a half-written file must neither open nor close a server. The error is logged once
 * a change.
 */
public final class ReloadedConfig {
  /** How stale a configuration may be. */
  static final long LOOK_NANOS = 250_000_000;

  private static final System.Logger LOG = System.getLogger("dev.tethys.web");

  private record Stamp(Path file, @Nullable Object time, long size, @Nullable Object key) {}

  private final @Nullable Path file;
  private final LongSupplier nanos;
  private volatile WebConfig current;
  private volatile long lookedAt;
  private List<Stamp> stamps; // guarded by this
  private @Nullable String problem; // of the last reading; guarded by this

  /** Reads the file for the first time; then errors are the caller's. */
  public ReloadedConfig(@Nullable Path file, LongSupplier nanos) throws IOException {
    this.file = file;
    this.nanos = nanos;
    this.lookedAt = nanos.getAsLong();
    this.current = file == null ? WebConfig.NONE : WebConfig.read(file);
    this.stamps = file == null ? List.of() : stamps(file, current);
  }

  /** The configuration now. */
  public WebConfig get() {
    if (file != null && nanos.getAsLong() - lookedAt >= LOOK_NANOS) {
      look(file);
    }
    return current;
  }

  private synchronized void look(Path f) {
    long now = nanos.getAsLong();
    if (now - lookedAt < LOOK_NANOS) {
      return;
    }
    lookedAt = now;
    // While the new one is bad, what it names is not known: then it is read every time.
    if (problem == null && stamps(f, current).equals(stamps)) {
      return;
    }
    try {
      WebConfig next = WebConfig.read(f);
      stamps = stamps(f, next);
      current = next;
      problem = null;
      LOG.log(Level.INFO, "Web configuration loaded again: {0}", f);
    } catch (ConfigException | IOException e) {
      String message = String.valueOf(e.getMessage());
      if (!message.equals(problem)) {
        LOG.log(Level.ERROR, "Web configuration stays as it was, the new one is bad: {0}", message);
      }
      problem = message;
    }
  }

  private static List<Stamp> stamps(Path f, WebConfig c) {
    List<Stamp> out = new ArrayList<>();
    out.add(stamp(f));
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
