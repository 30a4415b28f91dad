package dev.tethys.collect.logs;

/** What a source is told, a block of a job. */
public interface LogSourceConfig {
  /** The key of the block, {@code syslog} say. */
  String kind();

  /** Makes the source; it does nothing yet. */
  LogSource source(SourceContext context);
}
