package dev.tethys.app.delivery;

import org.jspecify.annotations.Nullable;

/** A destination of records whose double is an HTTP server that keeps what it said yes to. */
abstract class IntakePeer implements RecordPeer {
  private final HttpIntake server;
  private final String exporter;

  IntakePeer(HttpIntake server, String exporter) {
    this.server = server;
    this.exporter = exporter;
  }

  /** Adds what a request holds. */
  abstract void read(byte[] body, FoundRecords into) throws Exception;

  /** The response of the vendor when its disk is full; null if unknown. */
  HttpIntake.@Nullable Reply fullDisk() {
    return null;
  }

  @Override
  public boolean fill(boolean full) {
    HttpIntake.Reply says = fullDisk();
    server.refuse(full ? says : null);
    return says != null;
  }

  @Override
  public int port() {
    return server.port();
  }

  @Override
  public String exporter() {
    return exporter;
  }

  @Override
  public void read(FoundRecords into) throws Exception {
    for (byte[] body : server.bodies()) {
      read(body, into);
    }
  }

  @Override
  public boolean killAndRestart() throws InterruptedException {
    server.restart();
    return true;
  }

  @Override
  public void close() {
    server.close();
  }
}
