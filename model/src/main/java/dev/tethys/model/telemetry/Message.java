package dev.tethys.model.telemetry;

import org.jspecify.annotations.Nullable;

/**
 * A message of OTLP. Unknown fields from newer senders are kept unchanged, tags included, and
 * written after the known ones. This applies to the direct fields of subclasses, not to flattened
 * messages: a key-value pair, a status, buckets, quantiles.
 */
public abstract class Message {
  private byte @Nullable [] unknownFields;

  Message() {}

  /** Returns the Protobuf fields that are not in the tree, or null. */
  public final byte @Nullable [] unknownFields() {
    return unknownFields;
  }

  public final void setUnknownFields(byte @Nullable [] unknownFields) {
    this.unknownFields = unknownFields;
  }
}
