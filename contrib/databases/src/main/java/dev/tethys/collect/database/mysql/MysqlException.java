package dev.tethys.collect.database.mysql;

import java.io.IOException;

/** Error returned by the server. */
final class MysqlException extends IOException {
  private static final long serialVersionUID = 1;

  private final int code;

  MysqlException(int code, String message) {
    super("Error " + code + ": " + message);
    this.code = code;
  }

  /** Returns the code from MySQL's error list. */
  int code() {
    return code;
  }
}
