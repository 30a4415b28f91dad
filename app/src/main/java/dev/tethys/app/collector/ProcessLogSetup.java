package dev.tethys.app.collector;

import dev.tethys.pipeline.config.OwnLogs;
import dev.tethys.pipeline.config.TelemetrySettings;
import dev.tethys.runtime.log.LogFiles;
import dev.tethys.runtime.log.LogSampling;
import dev.tethys.runtime.log.LogSetup;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Filter;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;

/**
 * Sets up the process log as configured by {@code service.telemetry}, or by flags for settings that
 * are absent there.
 */
final class ProcessLogSetup {
  private final Level level;
  private final LogSetup.Format format;
  private @Nullable LogFiles files;
  private boolean installed;

  ProcessLogSetup(Level level, LogSetup.Format format) {
    this.level = level;
    this.format = format;
  }

  /** Opens the outputs before a configuration is applied, because this can fail. */
  static @Nullable LogFiles open(TelemetrySettings t) throws IOException {
    OwnLogs l = t.logs();
    return l.outputs().isEmpty() && l.errorOutputs().isEmpty()
        ? null
        : LogFiles.open(l.outputs(), l.errorOutputs());
  }

  /** Logs from now on as a configuration says. */
  void take(TelemetrySettings t, @Nullable LogFiles opened) throws IOException {
    OwnLogs l = t.logs();
    Map<String, Object> fields = fields(t);
    if (!l.equals(OwnLogs.DEFAULT) || !fields.isEmpty() || installed) {
      installed = true;
      Boolean json = l.json();
      OwnLogs.Sampling s = l.sampling();
      Filter all = r -> true;
      LogSetup.install(
          l.level() == null
              ? level
              : l.level().equals("none") ? Level.OFF : LogSetup.level(l.level()),
          json == null ? format : json ? LogSetup.Format.JSON : LogSetup.Format.LOGFMT,
          fields,
          opened != null ? opened : new ToStandardError(),
          s == null ? all : new LogSampling(s.tick(), s.initial(), s.thereafter()));
    }
    LogFiles before = files;
    files = opened;
    if (before != null) {
      before.close();
    }
  }

  private static Map<String, Object> fields(TelemetrySettings t) {
    Map<String, Object> out = new LinkedHashMap<>(t.logs().fields());
    Map<String, Object> resource = new LinkedHashMap<>();
    t.resource().forEach((k, v) -> v.ifPresent(text -> resource.put(k, text)));
    if (t.logs().withResource() && !resource.isEmpty()) {
      out.put("resource", resource);
    }
    return out;
  }

  private static final class ToStandardError implements LogSetup.Lines {
    @Override
    public void write(byte[] line) {
      System.err.write(line, 0, line.length);
      System.err.flush();
    }
  }
}
