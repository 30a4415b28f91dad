package dev.tethys.codec.template;

import static dev.tethys.codec.template.TemplateFunction.Parameter;

import dev.tethys.model.GoQuote;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Methods of Go's time.Time that return bytes or its source text. */
final class GoTimeBytes {
  static final Parameter PARAMETER =
      new Parameter("[]uint8", v -> v instanceof GoList l && l.typeName().equals("[]uint8"), true);

  private static final long YEAR_ONE = Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();

  private GoTimeBytes() {}

  private static GoList list(byte[] bytes) {
    List<Long> out = new ArrayList<>(bytes.length);
    for (byte b : bytes) {
      out.add(b & 0xffL);
    }
    return new GoList("[]uint8", out);
  }

  static GoList list(String text) {
    return list(text.getBytes(StandardCharsets.UTF_8));
  }

  static GoList appended(@Nullable Object before, String text) {
    List<Object> out = new ArrayList<>();
    if (before instanceof GoList l) {
      out.addAll(l.items());
    }
    out.addAll(list(text).items());
    TextLimit.check(out.size());
    return new GoList("[]uint8", out);
  }

  /** Version, seconds since the year 1, nanoseconds and minutes of the offset; -1 for UTC. */
  static GoList binary(ZonedDateTime t) {
    int offset = t.getOffset().getTotalSeconds();
    boolean seconds = offset % 60 != 0;
    ByteBuffer b = ByteBuffer.allocate(seconds ? 16 : 15);
    b.put((byte) (seconds ? 2 : 1)).putLong(t.toEpochSecond() - YEAR_ONE).putInt(t.getNano());
    b.putShort((short) (t.getZone().equals(ZoneOffset.UTC) ? -1 : offset / 60));
    if (seconds) {
      b.put((byte) (offset % 60));
    }
    return list(b.array());
  }

  /** Text of the time as Go's {@code GoString} writes it. */
  static String source(GoTime of) {
    ZonedDateTime t = of.time();
    String location = new GoLocation(t.getZone()).text();
    return "time.Date("
        + t.getYear()
        + ", time."
        + t.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH)
        + ", "
        + t.getDayOfMonth()
        + ", "
        + t.getHour()
        + ", "
        + t.getMinute()
        + ", "
        + t.getSecond()
        + ", "
        + t.getNano()
        + ", "
        + (location.equals("UTC") || location.equals("Local")
            ? "time." + location
            : "time.Location(" + GoQuote.quote(location) + ")")
        + ")";
  }
}
