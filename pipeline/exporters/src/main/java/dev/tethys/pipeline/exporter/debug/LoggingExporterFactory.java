package dev.tethys.pipeline.exporter.debug;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.exporter.debug.DebugExporter.Verbosity;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Creates {@code logging} exporters, the former name of {@code debug}, with older verbosity names.
 * The Collector removed it in 0.111, but many configurations still use it.
 */
public final class LoggingExporterFactory
    implements ExporterFactory<DebugExporterFactory.Settings> {
  private static final String ABOUT = "The old name of debug.";
  private static final Section SECTION = new Section("logging", ABOUT);
  private static final Key<Verbosity> VERBOSITY =
      SECTION.optional(
          "verbosity",
          Type.anyCase("verbosity", Verbosity.class),
          "Level of detail: basic and normal write counts of each batch, "
              + "detailed every field.");
  private static final Key<Verbosity> LOG_LEVEL =
      SECTION.optional(
          "loglevel",
          Type.oneOf("loglevel", levels()),
          "Former way of writing verbosity: debug is detailed.");
  private static final Key<Long> SAMPLING_INITIAL =
      SECTION.key(
          "sampling_initial",
          Type.INT,
          2L,
          "Number of equal messages per second that are written before sampling " + "starts.");
  private static final Key<Long> SAMPLING_THEREAFTER =
      SECTION.key(
          "sampling_thereafter",
          Type.INT,
          500L,
          "After that, one of this many equal messages is written; 0 for none.");
  private static final Type<DebugExporterFactory.Settings> TYPE =
      SECTION.type(LoggingExporterFactory::settings);

  private final DebugExporterFactory debug = new DebugExporterFactory();

  private static SequencedMap<String, Verbosity> levels() {
    SequencedMap<String, Verbosity> m = new LinkedHashMap<>();
    m.put("debug", Verbosity.DETAILED);
    for (String s : new String[] {"info", "warn", "error", "dpanic", "panic", "fatal"}) {
      m.put(s, Verbosity.BASIC);
    }
    return m;
  }

  private static DebugExporterFactory.Settings settings(YamlObject o) {
    Verbosity verbosity = o.find(VERBOSITY);
    Verbosity level = o.find(LOG_LEVEL);
    if (verbosity != null && level != null) {
      throw o.error(LOG_LEVEL, "loglevel and verbosity are the same setting: keep verbosity");
    }
    boolean all = verbosity == Verbosity.DETAILED || level == Verbosity.DETAILED;
    return new DebugExporterFactory.Settings(
        all ? Verbosity.DETAILED : Verbosity.BASIC,
        DebugExporterFactory.count(o, SAMPLING_INITIAL),
        DebugExporterFactory.count(o, SAMPLING_THEREAFTER),
        null,
        null,
        null);
  }

  @Override
  public String type() {
    return "logging";
  }

  @Override
  public String about() {
    return ABOUT;
  }

  @Override
  public Type<DebugExporterFactory.Settings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.of(Signal.TRACES, Signal.METRICS, Signal.LOGS);
  }

  @Override
  public Exporter create(DebugExporterFactory.Settings s, Signal signal, Context context) {
    return debug.create(s, signal, context);
  }
}
