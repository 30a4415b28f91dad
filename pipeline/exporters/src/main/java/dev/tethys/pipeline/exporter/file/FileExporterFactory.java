package dev.tethys.pipeline.exporter.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.ItemProbe;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Creates {@code file} exporters. Those that write to one path share the open file, regardless of
 * their signals.
 */
public final class FileExporterFactory
    implements ExporterFactory<FileSettings>, Checkable<FileSettings> {
  @GuardedBy("itself")
  private final Map<Path, RotatedFile> files = new HashMap<>();

  @GuardedBy("files")
  private final Map<Path, GroupedFiles> grouped = new HashMap<>();

  @Override
  public String type() {
    return "file";
  }

  @Override
  public String about() {
    return "Writes traces, metrics, logs and profiles to a file, as JSON lines or protobuf.";
  }

  @Override
  public Type<FileSettings> settings() {
    return FileSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  /** Returns the keys for a path or {@code file:///path}. */
  @Override
  public Map<String, String> keysOf(String url) {
    return Map.of("path", url.replaceFirst("^file://", ""));
  }

  @Override
  public Set<Signal> tried() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  @Override
  public ExporterProbe probe(FileSettings settings, Signal signal, Context context) {
    FileSettings one =
        settings.groups() == null
            ? settings
            : settings.ofGroup(
                Path.of(
                    settings.path().toString().replace(FileSettings.PLACEHOLDER, ItemProbe.NAME)),
                settings.append());
    return new FileProbe(
        one,
        signal,
        s ->
            new FileExporter(
                s,
                new RotatedFile(s, context.clock()::millis),
                signal,
                context.account(signal),
                context.logger()));
  }

  @Override
  public Exporter create(FileSettings settings, Signal signal, Context context) {
    FileSettings.Groups groups = settings.groups();
    if (groups != null) {
      return grouped(settings, groups, signal, context);
    }
    RotatedFile file;
    synchronized (files) {
      // Other exporters keep their file, so changed settings open a new one.
      file = files.get(settings.path());
      if (file == null || !file.settings().equals(settings)) {
        file = new RotatedFile(settings, context.clock()::millis);
        files.put(settings.path(), file);
      }
    }
    return new FileExporter(settings, file, signal, context.account(signal), context.logger());
  }

  private Exporter grouped(
      FileSettings settings, FileSettings.Groups groups, Signal signal, Context context) {
    GroupedFiles of;
    synchronized (files) {
      of = grouped.get(settings.path());
      if (of == null || !of.settings().equals(settings)) {
        of = new GroupedFiles(settings, groups, context.clock()::millis);
        grouped.put(settings.path(), of);
      }
    }
    FileExporter encoder =
        new FileExporter(
            settings,
            new RotatedFile(settings, context.clock()::millis), // not opened
            signal,
            context.account(signal),
            context.logger());
    return new GroupedFileExporter(
        groups, of, encoder::record, context.account(signal), context.logger());
  }
}
