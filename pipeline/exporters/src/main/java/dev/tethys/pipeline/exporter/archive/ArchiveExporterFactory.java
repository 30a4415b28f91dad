package dev.tethys.pipeline.exporter.archive;

import dev.tethys.config.Type;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.ArchiveWriter;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Makes {@code archive} exporters. Those with one directory share the archive. */
public final class ArchiveExporterFactory implements ExporterFactory<ArchiveSettings> {
  private final Map<Path, ArchiveWriter> archives = new HashMap<>(); // guarded by itself

  @Override
  public String type() {
    return "archive";
  }

  @Override
  public String about() {
    return "Archives traces, metrics, logs and profiles in a directory, to be replayed.";
  }

  @Override
  public Type<ArchiveSettings> settings() {
    return ArchiveSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public Exporter create(ArchiveSettings settings, Signal signal, Context context) {
    ArchiveWriter archive;
    synchronized (archives) {
      archive =
          archives.computeIfAbsent(
              settings.directory().toAbsolutePath().normalize(),
              p ->
                  new ArchiveWriter(
                      new RealFiles(), p, context.clock()::millis, settings.bounds()));
    }
    return new ArchiveExporter(settings, archive, signal, context, context.account(signal));
  }
}
