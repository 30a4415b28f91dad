package dev.tethys.collect.logs;

/** Settings of a source, a block of a job. */
public interface LogSourceConfig {
  /** The key of the block, for example {@code syslog}. */
  String kind();

  /** Creates the source, which does nothing yet. */
  LogSource source(SourceContext context);
}
