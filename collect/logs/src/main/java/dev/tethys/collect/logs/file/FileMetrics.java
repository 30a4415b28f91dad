package dev.tethys.collect.logs.file;

import dev.tethys.model.exposition.Registry;

/** File metrics, named as in Promtail. */
public final class FileMetrics {
  final Registry.Vector<Registry.Gauge> readBytes;
  final Registry.Vector<Registry.Gauge> fileBytes;
  final Registry.Vector<Registry.Counter> readLines;
  final Registry.Vector<Registry.Counter> encodingFailures;
  final Registry.Gauge filesActive;
  final Registry.Vector<Registry.Counter> failedTargets;
  final Registry.Gauge targetsActive;
  final Registry.Vector<Registry.Counter> generations;
  final Registry.Counter lostBytes;
  final Registry.Counter longLines;
  final Registry.Gauge openFiles;

  public FileMetrics(Registry r) {
    readBytes = r.gauges("promtail_read_bytes_total", "Number of bytes read.", "path");
    fileBytes = r.gauges("promtail_file_bytes_total", "Number of bytes total.", "path");
    readLines = r.counters("promtail_read_lines_total", "Number of lines read.", "path");
    encodingFailures =
        r.counters("promtail_encoding_failures_total", "Number of encoding failures.", "path");
    filesActive = r.gauge("promtail_files_active_total", "Number of active files.");
    failedTargets =
        r.counters("promtail_targets_failed_total", "Number of failed targets.", "reason");
    targetsActive = r.gauge("promtail_targets_active_total", "Number of active total.");
    generations =
        r.counters(
            "tethys_logs_file_generations_total",
            "Files found changed: renamed, truncated, replaced; recovered counts those read from"
                + " a renamed file or a copy, lost those that could not be found.",
            "event");
    lostBytes =
        r.counter(
            "tethys_logs_file_lost_bytes_total",
            "Bytes that were seen in a file, truncated away before they were read, and found in no"
                + " copy. What was written and truncated between two looks is unknown and not"
                + " counted.");
    longLines =
        r.counter(
            "tethys_logs_long_lines_total", "Lines that were truncated at the maximum length.");
    openFiles = r.gauge("tethys_logs_open_files", "Number of open files.");
  }

  /** Returns the counter of targets that are not read, by reason. */
  public Registry.Vector<Registry.Counter> failedTargets() {
    return failedTargets;
  }

  void remove(String path) {
    readBytes.remove(path);
    fileBytes.remove(path);
    readLines.remove(path);
    encodingFailures.remove(path);
  }
}
