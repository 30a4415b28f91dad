package dev.tethys.pipeline.exporter.debug;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.exporter.debug.DebugExporter.Verbosity;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code debug} exporters, which print passing telemetry. */
public final class DebugExporterFactory implements ExporterFactory<DebugExporterFactory.Settings> {
  /**
   * Output settings.
   *
   * @param paths null for the process log
   * @param queue sending queue, or null for none
   * @param noProfiles thrown for pipelines of profiles; null if they are supported
   */
  record Settings(
      Verbosity verbosity,
      int samplingInitial,
      int samplingThereafter,
      @Nullable List<String> paths,
      @Nullable DeliverySettings queue,
      @Nullable ConfigException noProfiles) {}

  private static final String ABOUT = "Prints passing telemetry to the log or to files.";
  private static final Section SECTION = new Section("debug", ABOUT);
  private static final Key<Verbosity> VERBOSITY =
      SECTION.key(
          "verbosity",
          Type.anyCase("verbosity", Verbosity.class),
          Verbosity.BASIC,
          "Level of detail: basic writes counts of each batch, normal about a "
              + "line per item, detailed every field.");
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
          1L,
          "After that, one of this many equal messages is written; 0 for none.");
  private static final Key<Boolean> USE_INTERNAL_LOGGER =
      SECTION.key(
          "use_internal_logger",
          Type.BOOL,
          true,
          "If true, messages go to the log of the process; otherwise to " + "output_paths.");
  private static final Key<List<String>> OUTPUT_PATHS =
      SECTION.optional(
          "output_paths",
          Type.list(Type.STRING),
          "Outputs: stdout, stderr or files, to which messages are appended; "
              + "stdout if absent.");

  static {
    SECTION.include(DeliverySettings.QUEUE_ALONE);
  }

  static final Type<Settings> TYPE = SECTION.type(DebugExporterFactory::settings);

  private static Settings settings(YamlObject o) {
    Verbosity verbosity = o.get(VERBOSITY);
    List<String> paths = o.find(OUTPUT_PATHS);
    if (o.get(USE_INTERNAL_LOGGER)) {
      if (paths != null) {
        throw o.error(
            OUTPUT_PATHS, "output_paths is not supported when use_internal_logger is true");
      }
    } else if (paths == null) {
      paths = List.of("stdout");
    } else if (paths.isEmpty() || paths.contains("")) {
      throw o.error(
          OUTPUT_PATHS, "output_paths must not be empty when use_internal_logger is false");
    }
    return new Settings(
        verbosity,
        count(o, SAMPLING_INITIAL),
        count(o, SAMPLING_THEREAFTER),
        paths,
        DeliverySettings.readQueue(o),
        verbosity == Verbosity.DETAILED
            ? o.error(
                VERBOSITY,
                "verbosity detailed does not support profiles (see docs/pipelines);"
                    + " use a separate debug exporter for them with verbosity: normal")
            : null);
  }

  static int count(YamlObject o, Key<Long> key) {
    long n = o.get(key);
    if (n < 0 || n > Integer.MAX_VALUE) {
      throw o.error(key, key.name() + " must be 0 to " + Integer.MAX_VALUE);
    }
    return (int) n;
  }

  @Override
  public String type() {
    return "debug";
  }

  @Override
  public String about() {
    return ABOUT;
  }

  @Override
  public Type<Settings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public Exporter create(Settings settings, Signal signal, Context context) {
    if (signal == Signal.PROFILES && settings.noProfiles != null) {
      throw settings.noProfiles;
    }
    List<String> paths = settings.paths;
    DebugExporter direct =
        new DebugExporter(
            settings.verbosity,
            new MessageSampler(
                settings.samplingInitial, settings.samplingThereafter, System::nanoTime),
            paths == null ? Output.log(context.logger()) : Output.paths(paths),
            context.account(signal),
            new RateLimitedWarnings(context.logger(), context.name(), context.clock()::nanos));
    return settings.queue == null
        ? direct
        : context.exporter(settings.queue, signal, DebugSender::encode, new DebugSender(direct));
  }
}
