package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.model.telemetry.LogRecord;
import org.jspecify.annotations.Nullable;

/** Log records of the error logs of clouds' databases, as Coroot's cluster agent sends them. */
final class CloudRecords {
  private CloudRecords() {}

  /** Passes messages on to a receiver of log records; null if there is none. */
  static CloudLogEntry.Sink to(@Nullable RecordSink records) {
    return records == null
        ? CloudLogEntry.Sink.NONE
        : entry -> records.take(entry.service(), of(entry));
  }

  /** Log record of a message. */
  static LogRecord of(CloudLogEntry entry) {
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(entry.nanos());
    r.setSeverityNumber(severity(entry.level()));
    r.setSeverityText(entry.level().label());
    r.setBody(entry.body());
    r.attributes().put("pattern.hash", entry.patternHash());
    r.attributes().put("db.instance.id", entry.instance());
    return r;
  }

  private static int severity(LogLevel level) {
    return switch (level) {
      case UNKNOWN -> 0;
      case DEBUG -> 5;
      case INFO -> 9;
      case WARNING -> 13;
      case ERROR -> 17;
      case CRITICAL -> 21;
    };
  }
}
