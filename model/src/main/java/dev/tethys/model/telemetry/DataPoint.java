package dev.tethys.model.telemetry;

/** Common base of data points of every kind. */
public abstract sealed class DataPoint extends Message
    permits NumberDataPoint, DistributionDataPoint, SummaryDataPoint {
  /** Flag of a point whose series has ended or has no value now. */
  public static final int NO_RECORDED_VALUE = 1;

  /** Value kinds of a point or an exemplar. */
  static final byte NO_VALUE = 0;

  static final byte DOUBLE = 1;
  static final byte INT = 2;

  static final long[] NO_COUNTS = {};
  static final double[] NO_BOUNDS = {};

  private Attributes attributes = new Attributes();
  private long startTimeUnixNano;
  private long timeUnixNano;
  private int flags;

  DataPoint() {}

  /** The attributes, which may be changed in place. */
  public final Attributes attributes() {
    return attributes;
  }

  /** Start time in nanoseconds since 1970; 0 if absent. */
  public final long startTimeUnixNano() {
    return startTimeUnixNano;
  }

  public final void setStartTimeUnixNano(long startTimeUnixNano) {
    this.startTimeUnixNano = startTimeUnixNano;
  }

  /** Time of the measurement in nanoseconds since 1970. */
  public final long timeUnixNano() {
    return timeUnixNano;
  }

  public final void setTimeUnixNano(long timeUnixNano) {
    this.timeUnixNano = timeUnixNano;
  }

  /** {@link #NO_RECORDED_VALUE} and bits of newer senders. */
  public final int flags() {
    return flags;
  }

  public final void setFlags(int flags) {
    this.flags = flags;
  }

  /** A deep copy. */
  public abstract DataPoint copy();

  final void copyCommon(DataPoint from) {
    setUnknownFields(from.unknownFields());
    attributes = from.attributes.copy();
    startTimeUnixNano = from.startTimeUnixNano;
    timeUnixNano = from.timeUnixNano;
    flags = from.flags;
  }
}
