package dev.tethys.query.logql;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;

/**
 * Entry of a log query's result.
 *
 * @param time Unix time in nanoseconds
 * @param line bytes of the line, as the pipeline made them
 * @param stream labels of the stream
 * @param metadata structured metadata
 * @param parsed labels that the pipeline made
 */
public record LogEntry(long time, byte[] line, Labels stream, Labels metadata, Labels parsed) {
  /** Returns the line as text; invalid UTF-8 becomes replacement characters. */
  public String text() {
    return new String(line, StandardCharsets.UTF_8);
  }

  /** Returns the labels of all categories. */
  public Labels allLabels() {
    if (metadata.isEmpty() && parsed.isEmpty()) {
      return stream;
    }
    dev.tethys.model.LabelsBuilder b = new dev.tethys.model.LabelsBuilder();
    for (Labels part : new Labels[] {stream, metadata, parsed}) {
      part.toList().forEach(l -> b.show(l.name(), l.value()));
    }
    return b.build();
  }

  /** Returns the approximate size of the entry in bytes. */
  public long bytes() {
    return 160L + line.length + metadata.canonicalBytes().length + parsed.canonicalBytes().length;
  }
}
