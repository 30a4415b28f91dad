package dev.tethys.pipeline.kafka;

import java.lang.System.Logger.Level;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Log lines of records that are not delivered. */
final class RefusedRecords {
  /** Errors of databases that may already have the samples, as after a record was read again. */
  private static final Pattern OUT_OF_ORDER =
      Pattern.compile("out of order sample|out-of-order|duplicate sample for timestamp");

  private RefusedRecords() {}

  /**
   * Logs a record.
   *
   * @param readable whether a destination rejected it; otherwise it does not match the topic's
   *     encoding
   * @param action taken with the record
   */
  static void log(
      System.Logger to,
      String receiver,
      ConsumerRecord<byte[], byte[]> record,
      boolean readable,
      String reason,
      String action) {
    String event = readable ? "Record refused by a destination" : "Record not readable";
    to.log(
        readable && OUT_OF_ORDER.matcher(reason).find() ? Level.WARNING : Level.ERROR,
        "{0}: {1} topic={2} partition={3} offset={4} action={5} reason=\"{6}\"",
        receiver,
        event,
        record.topic(),
        Integer.toString(record.partition()),
        Long.toString(record.offset()),
        action,
        reason);
  }
}
