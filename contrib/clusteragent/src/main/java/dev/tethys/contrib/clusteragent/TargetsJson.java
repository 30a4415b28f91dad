package dev.tethys.contrib.clusteragent;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the states of databases as JSON, without credentials. */
final class TargetsJson {
  private TargetsJson() {}

  static String write(List<TargetState> states, List<TargetDiscovery.SourceState> sources) {
    ArrayValue out = new ArrayValue();
    for (TargetState s : states) {
      Attributes labels = new Attributes();
      s.target().labels().forEach(labels::put);
      ArrayValue parts = new ArrayValue();
      for (DatabaseReading.Part p : s.parts()) {
        Attributes part = new Attributes();
        part.put("name", p.name());
        part.put("read", p.isRead());
        part.put("problem", p.problem());
        part.put("remedy", p.remedy());
        parts.add(part);
      }
      Attributes m = new Attributes();
      m.put("engine", s.target().engine().text());
      m.put("address", s.target().server().address());
      m.put("name", s.target().name());
      m.put("foundBy", s.target().foundBy().isEmpty() ? "file" : s.target().foundBy());
      m.put("labels", labels);
      m.put("status", s.status().text());
      m.put("since", s.since().toString());
      m.put("error", s.error());
      m.put("lastReading", text(s.readAt()));
      m.put("lastReadingSeconds", s.seconds());
      m.put("retryAt", text(s.retryAt()));
      m.put("intervalSeconds", s.target().interval().toMillis() / 1e3);
      m.put("statements", s.statements());
      m.put("parts", parts);
      out.add(m);
    }
    Attributes data = new Attributes();
    data.put("databases", out);
    ArrayValue found = new ArrayValue();
    for (TargetDiscovery.SourceState s : sources) {
      Attributes m = new Attributes();
      m.put("name", s.name());
      m.put("databases", (long) s.databases());
      m.put("problem", s.problem());
      found.add(m);
    }
    data.put("sources", found);
    Attributes answer = new Attributes();
    answer.put("status", "success");
    answer.put("data", data);
    return JsonValues.write(answer);
  }

  private static String text(@Nullable Instant i) {
    return i == null ? "" : i.toString();
  }
}
