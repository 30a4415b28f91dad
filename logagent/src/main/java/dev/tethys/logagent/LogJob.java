package dev.tethys.logagent;

import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.file.FileJob;
import dev.tethys.collect.logs.file.FileTailing;
import dev.tethys.pipeline.stages.Stages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Running job: its files, its other sources, and their shared stages. */
final class LogJob {
  final JobPipeline pipeline;
  final List<LogSource> sources;
  final FileJob files;
  private final List<LogSource> idle;
  private final SourceContext context;
  private final FileTailing tailing;
  private volatile PromtailConfig.ScrapeConfig config;
  private volatile FileTargets targets = FileTargets.NONE;

  LogJob(
      PromtailConfig.ScrapeConfig config,
      JobPipeline pipeline,
      SourceContext context,
      FileTailing tailing) {
    this.config = config;
    this.pipeline = pipeline;
    this.context = context;
    this.sources = config.sources().stream().map(s -> s.source(context)).toList();
    this.idle = new ArrayList<>(sources);
    this.tailing = tailing;
    this.files = tailing.job(config.name(), config.options(), pipeline);
  }

  String name() {
    return config.name();
  }

  PromtailConfig.ScrapeConfig config() {
    return config;
  }

  FileTargets targets() {
    return targets;
  }

  /** Reads the discovered files from now on. */
  void discovered(FileTargets found) {
    targets = found;
    files.targets(found.files());
  }

  /**
   * Starts the sources that are not running.
   *
   * @throws IOException if some cannot start, with the reason of each; the others run, and the call
   *     may be repeated
   */
  void start() throws IOException {
    List<Exception> failures = new ArrayList<>();
    for (LogSource s : List.copyOf(idle)) {
      try {
        s.start();
        idle.remove(s);
      } catch (IOException | RuntimeException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      throw new IOException(
          failures.stream()
              .map(e -> e instanceof IOException ? e.getMessage() : e.toString())
              .collect(Collectors.joining("; ")),
          failures.getFirst());
    }
  }

  /** Whether its sources are the same in another configuration. */
  boolean canBecome(PromtailConfig.ScrapeConfig next) {
    return next.options().equals(config.options()) && next.sources().equals(config.sources());
  }

  /**
   * Continues with other targets, rules and stages; its sources notice nothing. The discovery
   * decides which files are read.
   */
  void become(PromtailConfig.ScrapeConfig next, Supplier<Stages> stages) {
    context.relabel(next.relabeling());
    pipeline.become(stages);
    config = next;
  }

  /** Whether all entries passed on are delivered, for sources that require it. */
  boolean isDelivered() {
    return files.isDelivered() && sources.stream().allMatch(LogSource::isDelivered);
  }

  /** Stops the job; its progress stays in the positions file. */
  void close() {
    sources.forEach(LogSource::close);
    tailing.end(files);
    pipeline.close();
  }
}
