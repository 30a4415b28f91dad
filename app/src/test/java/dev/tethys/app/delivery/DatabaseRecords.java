package dev.tethys.app.delivery;

import java.io.IOException;

/** Log records and spans of a database that has samples too. */
abstract class DatabaseRecords implements RecordPeer {
  private final Peer database;

  DatabaseRecords(Peer database) {
    this.database = database;
  }

  @Override
  public int port() {
    return database.port();
  }

  @Override
  public String exporter() {
    return database.exporter();
  }

  @Override
  public String exporterKeys(int port) {
    return database.exporterKeys(port);
  }

  @Override
  public boolean isHttp() {
    return database.isHttp();
  }

  @Override
  public boolean killAndRestart() throws Exception {
    return database.killAndRestart();
  }

  @Override
  public void settle() throws Exception {
    database.settle();
  }

  @Override
  public void close() throws IOException {
    database.close();
  }
}
