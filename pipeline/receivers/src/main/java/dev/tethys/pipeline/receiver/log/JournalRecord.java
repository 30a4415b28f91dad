package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.journal.JournalFile;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Converts a journal entry to a record; a repeated field becomes a list. */
enum JournalRecord {
  /** All fields are the body. */
  FIELDS {
    @Override
    void fill(Attributes fields, LogRecord r, Attributes resource) {
      r.setBody(fields);
    }
  },

  /**
   * Fields with a name in OpenTelemetry have that name, the message is the body, and all others are
   * attributes with the prefix {@code journald.}.
   */
  CONVENTIONS {
    @Override
    void fill(Attributes fields, LogRecord r, Attributes resource) {
      for (int i = 0; i < fields.size(); i++) {
        String name = fields.key(i);
        Object value = fields.value(i);
        switch (name) {
          case "MESSAGE" -> r.setBody(value);
          default -> {
            if (name.equals("PRIORITY") && isSeverity(value, r)) {
              continue;
            }
            String attribute = ATTRIBUTES.get(name);
            String ofResource = RESOURCE.get(name);
            if (ofResource != null) {
              resource.put(ofResource, number(ofResource, value));
            } else if (attribute != null) {
              r.attributes().put(attribute, number(attribute, value));
            } else {
              r.attributes().put("journald." + name, value);
            }
          }
        }
      }
    }
  };

  private static final Map<String, String> ATTRIBUTES =
      Map.of(
          "CODE_FILE", "code.file.path",
          "CODE_FUNC", "code.function.name",
          "CODE_LINE", "code.line.number",
          "TID", "thread.id",
          "SYSLOG_FACILITY", "syslog.facility.code",
          "SYSLOG_IDENTIFIER", "syslog.msgid",
          "SYSLOG_PID", "syslog.pid");
  private static final Map<String, String> RESOURCE =
      Map.of(
          "_HOSTNAME", "host.name",
          "_PID", "process.pid",
          "_COMM", "process.command",
          "_EXE", "process.executable.path",
          "_CMDLINE", "process.command_line");
  private static final Set<String> NUMBERS =
      Set.of("code.line.number", "thread.id", "syslog.facility.code", "syslog.pid", "process.pid");

  /** OpenTelemetry's severities of emerg to debug, with the Collector's names. */
  private static final int[] SEVERITIES = {21, 19, 18, 17, 13, 10, 9, 5};

  private static final String[] SEVERITY_TEXTS = {
    "fatal", "error3", "error2", "error", "warn", "info2", "info", "debug"
  };

  abstract void fill(Attributes fields, LogRecord r, Attributes resource);

  /**
   * A record of an entry.
   *
   * @param resource receives the attributes of the sender
   */
  LogRecord record(JournalFile.Entry e, Attributes resource) {
    Attributes fields = new Attributes();
    for (JournalFile.Field f : e.fields()) {
      Object there = fields.get(f.name());
      if (there == null) {
        fields.put(f.name(), f.value());
      } else if (there instanceof ArrayValue a) {
        a.add(f.value());
      } else {
        fields.put(f.name(), ArrayValue.of(there, f.value()));
      }
    }
    fields.put("__CURSOR", e.cursor().toString());
    fields.put("__MONOTONIC_TIMESTAMP", String.valueOf(e.cursor().monotonic()));
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(e.cursor().realtime() * 1000);
    fill(fields, r, resource);
    return r;
  }

  /** Sets the severity from a priority; returns false if it is invalid. */
  private static boolean isSeverity(@Nullable Object priority, LogRecord r) {
    int p = priority instanceof String s && s.length() == 1 ? s.charAt(0) - '0' : -1;
    if (p < 0 || p >= SEVERITIES.length) {
      return false;
    }
    r.setSeverityNumber(SEVERITIES[p]);
    r.setSeverityText(SEVERITY_TEXTS[p]);
    return true;
  }

  private static @Nullable Object number(String name, @Nullable Object value) {
    if (NUMBERS.contains(name) && value instanceof String s) {
      try {
        return Long.parseLong(s);
      } catch (NumberFormatException e) {
        return value;
      }
    }
    return value;
  }
}
