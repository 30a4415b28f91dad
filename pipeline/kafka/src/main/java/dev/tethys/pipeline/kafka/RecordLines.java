package dev.tethys.pipeline.kafka;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Splits a record of a topic into lines. */
interface RecordLines {
  /**
   * Line of a record.
   *
   * @param labels additional ones, before relabelling
   * @param timestamp the line's own, in nanoseconds since 1970; 0 if none
   */
  record Line(String text, Labels labels, long timestamp) {}

  /**
   * Returns the lines, in order.
   *
   * @throws dev.tethys.codec.CodecException if the record is to be skipped
   */
  List<Line> of(byte[] value);

  /** The record is a line. */
  RecordLines WHOLE =
      value -> List.of(new Line(new String(value, StandardCharsets.UTF_8), Labels.EMPTY, 0));
}
