package dev.tethys.collect.database.mongodb.wire;

import java.io.IOException;

/** Reports a rejected command; the connection stays usable. */
public final class MongoException extends IOException {
  private static final long serialVersionUID = 1;

  private final int code;

  MongoException(String command, int code, String codeName, String message) {
    super(command + ": " + (codeName.isEmpty() ? "" : "(" + codeName + ") ") + message);
    this.code = code;
  }

  /** Returns the server's error code, or 0 if it has none. */
  public int code() {
    return code;
  }
}
