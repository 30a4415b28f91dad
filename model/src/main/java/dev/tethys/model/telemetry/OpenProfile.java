package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;

/**
 * {@link Profile} opened for editing. Its stacks stay in the dictionary and are only referenced.
 */
public final class OpenProfile extends OpenMessage {
  /**
   * Type and unit of a value.
   *
   * @param type an index of the table of strings, as {@code unit}
   */
  public record ValueType(int type, int unit) {
    /** Unknown type. */
    public static final ValueType NONE = new ValueType(0, 0);
  }

  private static final byte[] NOTHING = {};

  private final List<OpenSample> samples = new ArrayList<>();
  private ValueType sampleType = ValueType.NONE;
  private ValueType periodType = ValueType.NONE;
  private long timeUnixNano;
  private long durationNano;
  private long period;
  private long idHigh;
  private long idLow;
  private int droppedAttributesCount;
  private String originalPayloadFormat = "";
  private byte[] originalPayload = NOTHING;

  public OpenProfile(ProfileTerms terms) {
    super(terms);
  }

  /** Samples, which may be edited in place. */
  public List<OpenSample> samples() {
    return samples;
  }

  public ValueType sampleType() {
    return sampleType;
  }

  public void setSampleType(ValueType type) {
    sampleType = type;
  }

  public ValueType periodType() {
    return periodType;
  }

  public void setPeriodType(ValueType type) {
    periodType = type;
  }

  public long timeUnixNano() {
    return timeUnixNano;
  }

  public void setTimeUnixNano(long nanos) {
    timeUnixNano = nanos;
  }

  public long durationNano() {
    return durationNano;
  }

  public void setDurationNano(long nanos) {
    durationNano = nanos;
  }

  /** Number of {@link #periodType} units between two samples. */
  public long period() {
    return period;
  }

  public void setPeriod(long period) {
    this.period = period;
  }

  /** First eight bytes of its id; the id is 0 if there is none. */
  public long idHigh() {
    return idHigh;
  }

  /** The last eight bytes of its id. */
  public long idLow() {
    return idLow;
  }

  public void setId(long high, long low) {
    idHigh = high;
    idLow = low;
  }

  public int droppedAttributesCount() {
    return droppedAttributesCount;
  }

  public void setDroppedAttributesCount(int count) {
    droppedAttributesCount = count;
  }

  /** The original format of the profile, or "". */
  public String originalPayloadFormat() {
    return originalPayloadFormat;
  }

  public void setOriginalPayloadFormat(String format) {
    originalPayloadFormat = format;
  }

  /**
   * Returns the payload the profile was converted from, or an empty array; callers must not modify
   * it.
   */
  public byte[] originalPayload() {
    return originalPayload;
  }

  public void setOriginalPayload(byte[] payload) {
    originalPayload = payload;
  }
}
