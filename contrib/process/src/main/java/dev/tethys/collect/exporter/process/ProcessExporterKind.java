package dev.tethys.collect.exporter.process;

import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.GoFlags;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.config.GoDurations;
import dev.tethys.config.YamlNode;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.web.Params;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code tethys exporter process}: replacement of process-exporter, with its flags and its file.
 */
public final class ProcessExporterKind implements ExporterKind {
  private static final String ONCE = "once-to-stdout-delay";

  @Override
  public String name() {
    return "process";
  }

  @Override
  public String title() {
    return "Named Process Exporter";
  }

  @Override
  public String program() {
    return "process_exporter";
  }

  @Override
  public String address() {
    return ":9256";
  }

  @Override
  public String about() {
    return "Shows groups of processes of this machine as process-exporter does.";
  }

  @Override
  public List<ExporterFlag> flags() {
    return List.of(
        ExporterFlag.of("config.path", Kind.PATH, "", "File of rules that name groups."),
        ExporterFlag.of(
            "procnames", Kind.STRING, "", "Names of processes to show, separated by commas."),
        ExporterFlag.of(
            "namemapping",
            Kind.STRING,
            "",
            "Names of processes and expressions for their command lines, alternating, separated"
                + " by commas."),
        ExporterFlag.of("procfs", Kind.STRING, "/proc", "Mount point of procfs."),
        ExporterFlag.of(
            "children",
            Kind.BOOLEAN,
            "true",
            "If true, a process that is in no group is counted with its parent."),
        ExporterFlag.of(
            "threads", Kind.BOOLEAN, "true", "If true, metrics are also reported by thread name."),
        ExporterFlag.of(
            "gather-smaps",
            Kind.BOOLEAN,
            "true",
            "If true, proportional memory sizes are also reported, from smaps."),
        ExporterFlag.of(
            "recheck",
            Kind.BOOLEAN,
            "false",
            "If true, processes that are in no group are checked again at each scrape."),
        ExporterFlag.of(
            "recheck-with-time-limit",
            Kind.STRING,
            "0s",
            "Period after its start during which a process is checked again."),
        ExporterFlag.of(
            "remove-empty-groups",
            Kind.BOOLEAN,
            "false",
            "If true, a group is removed when its last process has ended."),
        ExporterFlag.of(
            ONCE,
            Kind.STRING,
            "0s",
            "Period of observation, after which the metrics are printed and the exporter exits;"
                + " standalone only."),
        ExporterFlag.refused(
            "debug", Kind.BOOLEAN, "false", "of a program alone, where it is --log.level=debug"),
        ExporterFlag.refused(
            "man", Kind.BOOLEAN, "false", "of a program alone, where it is --help"));
  }

  @Override
  public List<String> arguments(List<String> args, Function<String, @Nullable String> environment) {
    GoFlags f = GoFlags.read(args, this);
    if (f.takeBoolean("debug")) {
      f.put("log.level", "debug");
    }
    boolean manual = f.takeBoolean("man");
    List<String> out = new ArrayList<>(f.arguments());
    if (manual) {
      out.add("--help");
    }
    return out;
  }

  /** Metrics over a delay, if requested. */
  @Override
  public @Nullable String printed(ExporterSettings s) throws IOException {
    Duration delay = duration(ONCE, s.get(ONCE));
    if (delay.isZero()) {
      return null;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ProcessExporter e = open(s, InstantSource.system())) {
      Thread.sleep(delay);
      ExpositionWriter writer =
          ExpositionWriter.of(
              ExpositionFormat.negotiate("", List.of(ExpositionFormat.TEXT_0_0_4)), out);
      for (MetricFamily f : e.collect(Probe.of(Params.EMPTY, null))) {
        writer.write(f);
      }
      writer.finish();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("stopped before the time to print");
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Override
  public boolean takesInlineConfig() {
    return true;
  }

  @Override
  public Exporter open(ExporterSettings s, ExporterDependencies dependencies) throws IOException {
    if (!duration(ONCE, s.get(ONCE)).isZero()) {
      throw new IllegalArgumentException("--" + ONCE + " is only valid with a program");
    }
    return open(s, dependencies.clock());
  }

  private static ProcessExporter open(ExporterSettings s, InstantSource clock) throws IOException {
    String path = s.get("config.path");
    YamlNode inline = s.inlineConfig();
    boolean named = !s.get("procnames").isEmpty() || !s.get("namemapping").isEmpty();
    if (named && (!path.isEmpty() || inline != null)) {
      throw new IllegalArgumentException(
          "--procnames and --namemapping cannot be used with rules: "
              + (path.isEmpty() ? "config" : "--config.path"));
    }
    if (!path.isEmpty() && inline != null) {
      throw new IllegalArgumentException("rules come from --config.path or from config, not both");
    }
    GroupNamer namer =
        inline != null
            ? GroupRules.read(inline)
            : path.isEmpty()
                ? new NameMapping(s.get("procnames"), s.get("namemapping"))
                : ProcessExporter.rules(Path.of(path));
    Duration recheckFor = duration("recheck-with-time-limit", s.get("recheck-with-time-limit"));
    boolean recheck = s.bool("recheck") || !recheckFor.isZero();
    boolean smaps = s.bool("gather-smaps");
    Path procfs = Path.of(s.get("procfs"));
    return new ProcessExporter(
        path.isEmpty() ? null : Path.of(path),
        namer,
        n ->
            new ProcessTracker(
                new ProcFolder(procfs, smaps),
                new ProcessTracker.Rules(n, s.bool("children"), recheck, recheckFor),
                clock),
        () -> new ProcessGroups(s.bool("remove-empty-groups"), smaps, s.bool("threads")));
  }

  private static Duration duration(String flag, String text) {
    try {
      return GoDurations.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--" + flag + ": " + e.getMessage(), e);
    }
  }
}
