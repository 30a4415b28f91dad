package dev.tethys.model.telemetry;

/** Log records of one export request. */
public final class LogsData extends Telemetry<LogRecord> {
  @Override
  public LogsData copy() {
    LogsData c = new LogsData();
    c.copyResources(this);
    return c;
  }
}
