package dev.tethys.collect.database.redis;

import java.io.IOException;

/** Error response from the server. */
final class RedisException extends IOException {
  private static final long serialVersionUID = 1;

  RedisException(String message) {
    super(message);
  }
}
