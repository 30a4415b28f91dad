package dev.tethys.insight.graph;

/** Kinds and statuses of spans as OTLP numbers them, and their names in labels. */
public final class SpanCodes {
  public static final int SERVER = 2;
  public static final int CLIENT = 3;
  public static final int PRODUCER = 4;
  public static final int CONSUMER = 5;

  /** Span status code for errors. */
  public static final int ERROR = 2;

  private static final String[] KINDS = {
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER"
  };

  private static final String[] STATUSES = {
    "STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"
  };

  private SpanCodes() {}

  /** Returns the nearest span kind defined by OTLP. */
  public static int knownKind(int kind) {
    return Math.clamp(kind, 0, KINDS.length - 1);
  }

  /** Returns the nearest status defined by OTLP. */
  public static int knownStatus(int status) {
    return Math.clamp(status, 0, STATUSES.length - 1);
  }

  /** Returns the name of a kind; "" if unknown to OTLP. */
  public static String kindName(int kind) {
    return kind == knownKind(kind) ? KINDS[kind] : "";
  }

  /** Returns the name of a status; "" if unknown to OTLP. */
  public static String statusName(int status) {
    return status == knownStatus(status) ? STATUSES[status] : "";
  }
}
