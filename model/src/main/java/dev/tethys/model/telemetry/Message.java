package dev.tethys.model.telemetry;

import org.jspecify.annotations.Nullable;

/**
 * A message of OTLP. Fields that a newer sender knows and this tree does not are kept aside as they
 * came, tags included, and written again behind the known ones. That holds for the direct fields of
 * subclasses, not for what they keep flat: a key-value pair, a status, buckets, quantiles.
 */
public abstract sealed class Message
    permits AttributedMessage,
        DataPoint,
        EntityRef,
        Exemplar,
        Metric,
        MetricData,
        OpenMessage,
        ResourceGroup,
        ScopeGroup {
  private byte @Nullable [] unknownFields;

  /** Protobuf fields that are not in the tree, or null. */
  public final byte @Nullable [] unknownFields() {
    return unknownFields;
  }

  public final void setUnknownFields(byte @Nullable [] unknownFields) {
    this.unknownFields = unknownFields;
  }
}
