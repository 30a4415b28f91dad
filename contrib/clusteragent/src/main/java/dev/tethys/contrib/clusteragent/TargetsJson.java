package dev.tethys.contrib.clusteragent;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.collect.database.reader.DatabaseReading;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the states of databases as JSON, without credentials. */
final class TargetsJson {
  private TargetsJson() {}

  static String write(List<TargetState> states) {
    List<Object> out = new ArrayList<>();
    for (TargetState s : states) {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("engine", s.target().engine().text());
      m.put("address", s.target().server().address());
      m.put("labels", s.target().labels());
      m.put("status", s.status().text());
      m.put("since", s.since().toString());
      m.put("error", s.error());
      m.put("lastReading", text(s.readAt()));
      m.put("lastReadingSeconds", s.seconds());
      m.put("retryAt", text(s.retryAt()));
      m.put("intervalSeconds", s.target().interval().toMillis() / 1e3);
      m.put("statements", s.statements());
      List<Object> parts = new ArrayList<>();
      for (DatabaseReading.Part p : s.parts()) {
        Map<String, @Nullable Object> part = new LinkedHashMap<>();
        part.put("name", p.name());
        part.put("read", p.isRead());
        part.put("problem", p.problem());
        part.put("remedy", p.remedy());
        parts.add(part);
      }
      m.put("parts", parts);
      out.add(m);
    }
    Map<String, @Nullable Object> data = new LinkedHashMap<>();
    data.put("databases", out);
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("status", "success");
    answer.put("data", data);
    return JsonValues.write(answer);
  }

  private static @Nullable String text(@Nullable Instant i) {
    return i == null ? null : i.toString();
  }
}
