package dev.tethys.collect.exporter;

/** Failed probe that is answered with an HTTP status and a line of text instead of metrics. */
public class ProbeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  public ProbeException(int status, String message) {
    super(message);
    this.status = status;
  }

  public int status() {
    return status;
  }
}
