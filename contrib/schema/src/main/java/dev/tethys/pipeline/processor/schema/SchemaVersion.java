package dev.tethys.pipeline.processor.schema;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Version of a schema: three numbers without leading zeros. */
record SchemaVersion(int major, int minor, int patch) implements Comparable<SchemaVersion> {
  private static final Pattern FORM =
      Pattern.compile("(0|[1-9]\\d{0,8})\\.(0|[1-9]\\d{0,8})\\.(0|[1-9]\\d{0,8})");
  private static final Comparator<SchemaVersion> ORDER =
      Comparator.comparingInt(SchemaVersion::major)
          .thenComparingInt(SchemaVersion::minor)
          .thenComparingInt(SchemaVersion::patch);

  /** Parses a version; returns null if the text is not one. */
  static @Nullable SchemaVersion parse(String text) {
    Matcher m = FORM.matcher(text);
    return m.matches()
        ? new SchemaVersion(
            Integer.parseInt(m.group(1)),
            Integer.parseInt(m.group(2)),
            Integer.parseInt(m.group(3)))
        : null;
  }

  @Override
  public int compareTo(SchemaVersion other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
