package dev.tethys.collect.database.mysql;

import java.io.IOException;

/** An error that the server answered. */
final class MysqlException extends IOException {
  private static final long serialVersionUID = 1;

  private final int code;

  MysqlException(int code, String message) {
    super("Error " + code + ": " + message);
    this.code = code;
  }

  /** As MySQL's list of errors has it. */
  int code() {
    return code;
  }
}
