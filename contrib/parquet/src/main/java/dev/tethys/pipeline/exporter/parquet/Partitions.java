package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.parquet.ParquetWriter;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Rows of one group of requests, sorted into files by folder. The number of folders is bounded; not
 * thread-safe.
 */
final class Partitions {
  /** Maximum number of folders; rows of further folders go to a folder "other". */
  static final int MAX_FOLDERS = 1000;

  private static final String OTHER = "other";
  private static final String MADE_BY = "Tethys";

  private final ParquetSettings settings;
  private final Signal signal;
  private final String word;
  private final long now;
  private final Map<String, ParquetWriter> writers = new LinkedHashMap<>();
  private final Map<String, MetricFile> metrics = new LinkedHashMap<>();
  private final Map<String, RecordFile.Logs> logs = new LinkedHashMap<>();
  private final Map<String, RecordFile.Spans> spans = new LinkedHashMap<>();
  private int exemplars;
  private int families;

  /** The folder of the preceding rows, and its end time: rows mostly arrive in order. */
  private String lastFolder = "";

  private long lastHour = Long.MIN_VALUE;

  /**
   * @param now Unix milliseconds, of log records without a time
   */
  Partitions(ParquetSettings settings, Signal signal, long now) {
    this.settings = settings;
    this.signal = signal;
    this.word = signal.name().toLowerCase(java.util.Locale.ROOT);
    this.now = now;
  }

  /** Exemplars that there are no columns for. */
  int exemplars() {
    return exemplars;
  }

  /** Returns the number of families whose metadata has no columns. */
  int families() {
    return families;
  }

  /**
   * Adds the content of a request.
   *
   * @throws dev.tethys.codec.CodecException if it is corrupt; preceding rows have been added
   */
  void add(byte[] request) {
    switch (signal) {
      case METRICS -> metrics(request);
      case LOGS -> logs(request);
      case TRACES -> traces(request);
      case PROFILES -> throw new AssertionError("profiles are not supported here");
    }
  }

  private String folder(long millis, UnaryOperator<String> label) {
    if (FolderTemplate.isOfTimesAlone(settings.partition())) {
      long hour = Math.floorDiv(millis, 3_600_000L);
      if (hour != lastHour) {
        lastFolder = FolderTemplate.of(settings.partition(), word, millis, label);
        lastHour = hour;
      }
      return bounded(lastFolder);
    }
    return bounded(FolderTemplate.of(settings.partition(), word, millis, label));
  }

  private String bounded(String folder) {
    return writers.containsKey(folder) || writers.size() < MAX_FOLDERS ? folder : OTHER;
  }

  private ParquetWriter writer(String folder) {
    ParquetWriter w =
        new ParquetWriter(
            settings.compression(), settings.level(), settings.rowGroupBytes(), MADE_BY);
    writers.put(folder, w);
    return w;
  }

  private void metrics(byte[] request) {
    WriteRequestReader in = new WriteRequestReader().reset(request, 0, request.length);
    while (in.nextSeries()) {
      Labels labels =
          WriteRequestReader.LABELS.decode(in.labelBuffer(), in.labelOffset(), in.labelLength());
      for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
        if (e == SeriesEvent.EXEMPLAR) {
          exemplars++;
          continue;
        }
        MetricFile f =
            metrics.computeIfAbsent(
                folder(in.timestamp(), labels::get), p -> new MetricFile(writer(p)));
        if (e == SeriesEvent.SAMPLE) {
          f.sample(labels, in.timestamp(), in.startTimestamp(), in.value());
        } else {
          f.histogram(labels, in.timestamp(), in.startTimestamp(), in.histogram());
        }
      }
    }
    while (in.nextMetadata()) {
      families++;
    }
  }

  private static UnaryOperator<String> attribute(ResourceGroup<?> r) {
    return name -> AttributeText.text(r.resource().attributes().get(name));
  }

  private void logs(byte[] request) {
    for (ResourceGroup<LogRecord> r :
        new OtlpReader().logs(request, 0, request.length).resources()) {
      for (ScopeGroup<LogRecord> s : r.scopes()) {
        for (LogRecord l : s.items()) {
          long nanos = l.timeUnixNano() != 0 ? l.timeUnixNano() : l.observedTimeUnixNano();
          nanos = nanos == 0 ? now * 1_000_000 : nanos;
          String folder = folder(Math.floorDiv(nanos, 1_000_000L), attribute(r));
          logs.computeIfAbsent(folder, p -> new RecordFile.Logs(writer(p)))
              .add(nanos, r, s.scope(), l);
        }
      }
    }
  }

  private void traces(byte[] request) {
    for (ResourceGroup<Span> r : new OtlpReader().traces(request, 0, request.length).resources()) {
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span p : s.items()) {
          String folder = folder(Math.floorDiv(p.startTimeUnixNano(), 1_000_000L), attribute(r));
          spans
              .computeIfAbsent(folder, at -> new RecordFile.Spans(writer(at)))
              .add(r, s.scope(), p);
        }
      }
    }
  }

  /** Returns the files, each with the same name in its folder. */
  List<FileTarget.NewFile> files(String name) {
    List<FileTarget.NewFile> out = new ArrayList<>();
    writers.forEach(
        (folder, w) ->
            out.add(
                new FileTarget.NewFile(
                    (folder.isEmpty() ? "" : folder + "/") + name + ".parquet", w.finish())));
    return out;
  }
}
