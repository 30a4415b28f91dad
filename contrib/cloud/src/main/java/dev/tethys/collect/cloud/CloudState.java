package dev.tethys.collect.cloud;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudReading;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * State of the reader of a region or project.
 *
 * @param since begin of the status
 * @param readAt end of the last reading; null before the first one
 * @param nextAt time of the next reading
 */
public record CloudState(
    String cloud,
    String place,
    Status status,
    Instant since,
    @Nullable Instant readAt,
    @Nullable Instant nextAt,
    double seconds,
    CloudReading reading) {
  /** Statuses as in the statuses of databases. */
  public enum Status {
    WAITING,
    OK,
    PARTIAL,
    THROTTLED,
    FAILING;

    /** Text in answers. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Status of a reading. */
    static Status of(CloudReading r) {
      long failed = r.parts().stream().filter(p -> !p.isRead()).count();
      if (failed == 0) {
        return OK;
      }
      boolean throttled =
          r.parts().stream().anyMatch(p -> p.failure() == CloudException.Failure.THROTTLED);
      return throttled ? THROTTLED : failed == r.parts().size() ? FAILING : PARTIAL;
    }
  }

  /** Writes states as JSON, without credentials. */
  public static String json(List<CloudState> states) {
    ArrayValue out = new ArrayValue();
    for (CloudState s : states) {
      ArrayValue parts = new ArrayValue();
      for (CloudReading.Part p : s.reading.parts()) {
        Attributes part = new Attributes();
        part.put("name", p.name());
        part.put("read", p.isRead());
        part.put("problem", p.problem());
        part.put("remedy", p.remedy());
        parts.add(part);
      }
      ArrayValue databases = new ArrayValue();
      for (CloudDatabase d : s.reading.databases()) {
        Attributes database = new Attributes();
        database.put("service", d.service());
        database.put("id", d.id());
        database.put("name", d.name());
        database.put("engine", d.product());
        database.put("host", d.host());
        database.put("port", (long) d.port());
        databases.add(database);
      }
      Attributes m = new Attributes();
      m.put("cloud", s.cloud);
      m.put("place", s.place);
      m.put("status", s.status.text());
      m.put("since", s.since.toString());
      m.put("lastReading", text(s.readAt));
      m.put("lastReadingSeconds", s.seconds);
      m.put("nextReading", text(s.nextAt));
      m.put("parts", parts);
      m.put("databases", databases);
      out.add(m);
    }
    Attributes data = new Attributes();
    data.put("clouds", out);
    Attributes answer = new Attributes();
    answer.put("status", "success");
    answer.put("data", data);
    return JsonValues.write(answer);
  }

  private static String text(@Nullable Instant i) {
    return i == null ? "" : i.toString();
  }
}
